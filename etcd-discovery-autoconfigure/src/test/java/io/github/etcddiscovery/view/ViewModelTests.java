package io.github.etcddiscovery.view;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

import io.github.etcddiscovery.doubles.ManualEventLoop;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.testsupport.QuietLogs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

/**
 * Whatever happens to etcd and to the way there, in whatever order: what a view publishes
 * is true, and in the end it is what etcd holds.
 */
@ExtendWith(QuietLogs.class)
class ViewModelTests {

	private static final int SEQUENCES = Integer.getInteger("model.sequences", 5_000);

	/** The first of them, another each night. */
	private static final long SEED = Long.getLong("seed", 0);

	private static final int STEPS = 150;

	private static final String[] SERVICES = { "orders", "stock", "billing" };

	@Test
	void anyOrderOfChangesAndFaultsLeavesTheViewTrue() {
		for (long seed = SEED; seed < SEED + SEQUENCES; seed++) {
			Run run = new Run(seed);
			assertThatCode(run::play).as("seed %d", seed).doesNotThrowAnyException();
		}
	}

	/**
	 * A history that another one takes the place of, of the same length and with its last
	 * change at the same key and revision, was taken for the same one; and one that came
	 * just before the watch was opened was not looked at.
	 */
	@ParameterizedTest
	@ValueSource(longs = { 4, 34 })
	void orderThatOnceWentWrong(long seed) {
		new Run(seed).play();
	}

	/**
	 * One sequence, which its seed decides.
	 */
	private static final class Run {

		private final long seed;

		private final Random random;

		private final ModelEtcd etcd;

		private final ManualEventLoop loop = new ManualEventLoop();

		private final InstanceLimits limits;

		private final ServiceView<String> view;

		private Catalog<String> last;

		private int writes;

		Run(long seed) {
			this.seed = seed;
			this.random = new Random(seed);
			this.etcd = new ModelEtcd(this.random);
			this.limits = (seed % 3 == 0) ? new InstanceLimits(1 + this.random.nextInt(8), 1 + this.random.nextInt(4))
					: InstanceLimits.NONE;
			this.view = new ServiceView<>(this.etcd, new KeyLayout("/services").ranges(),
					(key, keyValue) -> keyValue.key() + "=" + new String(keyValue.value(), StandardCharsets.UTF_8),
					(value) -> true, (seed % 2 == 0) ? Duration.ofSeconds(10) : Duration.ZERO, this.limits,
					Telemetry.NONE, this.loop, new ManualEventLoop(), new Random(seed));
			this.last = this.view.catalog();
		}

		void play() {
			this.view.start();
			for (int i = 0; i < STEPS; i++) {
				step();
				check();
			}
			// A change every view must see, however quiet its prefix is.
			settle();
			this.etcd.commit(Map.of("/services/orders/last", "value"));
			settle();
			// Long enough to be compared with etcd, at least once.
			this.loop.advance(Duration.ofMinutes(8));
			settle();
			assertThat(this.view.state()).as("seed %d", this.seed).isEqualTo(ViewState.WATCHING);
			Map<String, String> held = ModelEtcd.values(this.etcd.content());
			Map<String, String> shown = contentOf(this.view.catalog());
			assertThat(isWithinLimits(held, shown)).as("seed %d: %s of %s", this.seed, shown, held).isTrue();
			assertThat(held.keySet()).as("seed %d: %s", this.seed, shown)
				.allMatch((key) -> shown.containsKey(key) || isFull(key, shown));
			assertThat(this.view.rejections(100)).as("seed %d", this.seed).hasSize(held.size() - shown.size());
			assertThat(this.view.drifts()).as("seed %d", this.seed).isZero();
		}

		private void step() {
			int dice = this.random.nextInt(100);
			if (dice < 30) {
				commit();
			}
			else if (dice < 55) {
				this.etcd.sayOne();
			}
			else if (dice < 70) {
				this.loop.run();
			}
			else if (dice < 88) {
				this.loop.advance(Duration.ofMillis(this.random.nextInt(400)));
			}
			else if (dice < 95) {
				this.etcd.cut();
			}
			else if (dice < 97) {
				this.etcd.compact();
			}
			else if (dice < 98) {
				this.etcd.wipe();
			}
			else if (dice < 99) {
				this.etcd.restore();
			}
		}

		private void commit() {
			Map<String, String> changes = new HashMap<>();
			for (int i = 0; i <= this.random.nextInt(3); i++) {
				String key = "/services/" + SERVICES[this.random.nextInt(SERVICES.length)] + "/"
						+ this.random.nextInt(4);
				changes.put(key, (this.random.nextInt(3) > 0) ? "value " + this.writes++ : null);
			}
			this.etcd.commit(changes);
		}

		private void settle() {
			for (int i = 0; i < 30; i++) {
				while (this.etcd.sayOne()) {
					this.loop.run();
					check();
				}
				this.loop.advance(Duration.ofMillis(600));
			}
		}

		/** Promises V2 and V3. */
		private void check() {
			Catalog<String> now = this.view.catalog();
			if (now == this.last) {
				return;
			}
			assertThat(now.epoch()).as("seed %d", this.seed).isBetween(this.last.epoch(), 1L + this.etcd.resets());
			if (now.epoch() == this.last.epoch()) {
				assertThat(now.revision()).as("seed %d", this.seed).isGreaterThanOrEqualTo(this.last.revision());
			}
			assertThat(this.etcd.heldAt(now.revision())).as("seed %d at revision %d", this.seed, now.revision())
				.anyMatch((held) -> isWithinLimits(held, contentOf(now)));
			this.last = now;
		}

		/** Without limits: whether it is all. */
		private boolean isWithinLimits(Map<String, String> held, Map<String, String> shown) {
			return held.entrySet().containsAll(shown.entrySet())
					&& (shown.size() == held.size() || this.limits != InstanceLimits.NONE)
					&& shown.size() <= this.limits.total() && Stream.of(SERVICES)
						.allMatch((service) -> instancesOf(service, shown) <= this.limits.perService());
		}

		private boolean isFull(String key, Map<String, String> shown) {
			return shown.size() == this.limits.total()
					|| instancesOf(key.split("/")[2], shown) == this.limits.perService();
		}

		private static long instancesOf(String service, Map<String, String> shown) {
			return shown.keySet().stream().filter((key) -> key.startsWith("/services/" + service + "/")).count();
		}

		private static Map<String, String> contentOf(Catalog<String> catalog) {
			Map<String, String> content = new TreeMap<>();
			catalog.services().stream().flatMap((service) -> catalog.all(service).stream()).forEach((entry) -> {
				int split = entry.indexOf('=');
				content.put(entry.substring(0, split), entry.substring(split + 1));
			});
			return content;
		}

	}

}
