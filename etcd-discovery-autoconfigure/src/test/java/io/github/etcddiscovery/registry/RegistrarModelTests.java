package io.github.etcddiscovery.registry;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.doubles.ManualEventLoop;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.testsupport.QuietLogs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

/**
 * Whatever becomes of calls, leases and keys, in whatever order: a registrar overwrites
 * nobody, writes nothing of what has left, and in the end etcd holds what is wanted.
 */
@ExtendWith(QuietLogs.class)
class RegistrarModelTests {

	/** Whatever takes more does not come to an end. */
	private static final int MOST_CALLS_AT_ONCE = 10_000;

	private static final int SEQUENCES = Integer.getInteger("model.sequences", 5_000);

	/** The first of them, another each night. */
	private static final long SEED = Long.getLong("seed", 0);

	private static final int STEPS = 200;

	private static final String[] KEYS = { "/services/orders/1", "/services/orders-management/1",
			"/services/billing/1" };

	@Test
	void anyOrderOfCallsAndFaultsLeavesEtcdAsWanted() {
		for (long seed = SEED; seed < SEED + SEQUENCES; seed++) {
			Run run = new Run(seed);
			assertThatCode(run::play).as("seed %d", seed).doesNotThrowAnyException();
		}
	}

	/**
	 * News from before etcd was wiped, which came while a write was under way, were taken
	 * for news of what had been written since; or were forgotten when they could not be
	 * looked into. The last one went wrong when all records shared one lease.
	 */
	@ParameterizedTest
	@ValueSource(longs = { 259, 11_843, 46_945, 114_363, 7_033_398 })
	void orderThatOnceWentWrong(long seed) {
		new Run(seed).play();
	}

	/**
	 * One sequence, which its seed decides.
	 */
	private static final class Run implements ModelLeases.Check {

		private final long seed;

		private final Random random;

		private final ManualEventLoop loop = new ManualEventLoop();

		private final ModelLeases etcd;

		private final Registrar registrar;

		private final Map<String, String> wanted = new HashMap<>();

		/** What has left, and must not be written again. */
		private final Set<String> gone = new HashSet<>();

		/** What was still there when it was said to have left. */
		private final Set<String> leftBehind = new HashSet<>();

		/** What was registered and went with a lease that was revoked. */
		private final Set<String> revoked = new HashSet<>();

		private boolean closing;

		private int values;

		Run(long seed) {
			this.seed = seed;
			this.random = new Random(seed);
			this.etcd = new ModelLeases(this.random, this.loop, this);
			this.registrar = new Registrar(this.etcd, TtlOption.DEFAULT, (key) -> {
			}, Telemetry.NONE, this.loop, new Random(seed));
		}

		void play() {
			for (int i = 0; i < STEPS; i++) {
				step();
				this.loop.run();
			}
			this.etcd.faulty = false;
			// Promise R3.
			settle(Duration.ofSeconds(6));
			checkWanted();
			assertThat(this.leftBehind).as("seed %d: there when it was said to be gone", this.seed).isEmpty();
			assertThat(this.revoked).as("seed %d: revoked although registered", this.seed).isEmpty();
			// A lease that was granted without an answer runs out by itself.
			settle(TtlOption.DEFAULT.ttl().plusSeconds(1));
			assertThat(this.etcd.leases()).as("seed %d: leases", this.seed)
				.isSubsetOf(Stream.of(KEYS).map(this.registrar::leaseId).toList());
			this.closing = true;
			CompletableFuture.runAsync(() -> this.registrar.close(true, Duration.ZERO)).join();
			settle(Duration.ofSeconds(1));
			assertThat(this.etcd.leases()).as("seed %d: leases after closing", this.seed).isEmpty();
			assertThat(this.etcd.keys().values()).as("seed %d: keys after closing", this.seed)
				.noneMatch((keyValue) -> this.etcd.isGranted(keyValue.leaseId()));
		}

		private void step() {
			int dice = this.random.nextInt(100);
			String key = KEYS[this.random.nextInt(KEYS.length)];
			if (dice < 12) {
				register(key);
			}
			else if (dice < 18) {
				deregister(key);
			}
			else if (dice < 75) {
				this.etcd.step();
			}
			else if (dice < 91) {
				this.loop.advance(Duration.ofMillis(this.random.nextInt(1_500)));
			}
			else if (dice < 94) {
				this.etcd.cut();
			}
			else if (dice < 95) {
				this.etcd.remove(key);
			}
			else if (dice < 96) {
				this.etcd.write(key, "of nobody", 0);
			}
			else if (dice < 97 && !this.etcd.keys().containsKey(key)) {
				this.etcd.write(key, "of another", ModelLeases.FOREIGN_LEASE);
			}
			else if (dice < 98) {
				this.etcd.loseLeases();
			}
			else if (dice < 99) {
				this.etcd.wipe();
			}
			else if (this.etcd.keys().containsKey(key)
					&& this.etcd.keys().get(key).leaseId() == ModelLeases.FOREIGN_LEASE) {
				this.etcd.remove(key);
			}
		}

		private void register(String key) {
			String value = "value " + this.values++;
			this.wanted.put(key, value);
			this.gone.remove(key);
			this.registrar.register(new RegistryEntry(key, value.getBytes(StandardCharsets.UTF_8),
					"farewell".getBytes(StandardCharsets.UTF_8), (found) -> false));
		}

		private void deregister(String key) {
			this.wanted.remove(key);
			this.registrar.deregister(key).thenRun(() -> {
				if (!this.wanted.containsKey(key)) {
					this.gone.add(key);
					if (this.etcd.isGranted(leaseOf(key))) {
						this.leftBehind.add(key);
					}
				}
			});
		}

		private long leaseOf(String key) {
			KeyValue current = this.etcd.keys().get(key);
			return (current != null) ? current.leaseId() : 0;
		}

		/** Promises R4 and R5. */
		@Override
		public void beforePut(String key) {
			assertThat(this.gone).as("seed %d: written after it was gone", this.seed).doesNotContain(key);
			assertThat(leaseOf(key)).as("seed %d: the owner of %s, overwritten", this.seed, key)
				.isNotEqualTo(ModelLeases.FOREIGN_LEASE);
		}

		/** Promise R1: a record that is wanted does not go because another one leaves. */
		@Override
		public void beforeRevoked(String key) {
			if (!this.closing && this.registrar.state(key) == RecordState.REGISTERED) {
				this.revoked.add(key);
			}
		}

		private void checkWanted() {
			for (String key : KEYS) {
				long leaseId = leaseOf(key);
				if (leaseId == ModelLeases.FOREIGN_LEASE) {
					continue;
				}
				String value = this.wanted.get(key);
				assertThat(this.registrar.state(key)).as("seed %d: state of %s", this.seed, key)
					.isEqualTo((value != null) ? RecordState.REGISTERED : RecordState.GONE);
				if (value != null) {
					assertThat(leaseId).as("seed %d: the lease of %s", this.seed, key)
						.isEqualTo(this.registrar.leaseId(key))
						.isPositive();
					assertThat(this.etcd.keys().get(key).value()).as("seed %d: %s", this.seed, key)
						.asString(StandardCharsets.UTF_8)
						.isEqualTo(value);
				}
				else {
					assertThat(this.etcd.isGranted(leaseId)).as("seed %d: %s is left behind", this.seed, key).isFalse();
				}
			}
		}

		private void settle(Duration time) {
			Duration tick = Duration.ofMillis(100);
			for (Duration spent = Duration.ZERO; spent.compareTo(time) < 0; spent = spent.plus(tick)) {
				int calls = 0;
				while (this.etcd.step()) {
					assertThat(++calls).as("seed %d: calls at once", this.seed).isLessThan(MOST_CALLS_AT_ONCE);
					this.loop.run();
				}
				this.loop.advance(tick);
			}
		}

	}

}
