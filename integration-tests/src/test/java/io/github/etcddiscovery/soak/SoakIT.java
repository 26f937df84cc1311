package io.github.etcddiscovery.soak;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BiFunction;

import io.etcd.jetcd.ClientBuilder;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.RequiresNamespaces;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No promise is broken, whatever happens at once.
 */
@RequiresEtcd
@RequiresNamespaces
@Tag("slow")
class SoakIT {

	private static final Logger logger = LoggerFactory.getLogger(SoakIT.class);

	/** How long it takes until each kind of fault has come. */
	private static final Duration ALL_KINDS = Duration.ofMinutes(3);

	/** From here on the machine's speed evens out, and a run that was too slow fails. */
	private static final Duration EVEN = Duration.ofMinutes(10);

	private static final Duration AN_HOUR = Duration.ofHours(1);

	private final Duration duration = Duration.parse(System.getProperty("soak.duration", "PT1M"));

	private final long seed = Long.getLong("seed", System.nanoTime());

	@Test
	void noPromiseIsBrokenWhateverHappens() {
		logger.info("Seed {}, for {} s, on {}", this.seed, this.duration.toSeconds(), EtcdBinary.newest());
		Soak.Result result = run(this.duration, (client, jetcd) -> client);
		logger.info("{}", result);
		assertThat(result.violations()).as("with seed %d", this.seed).isEmpty();
		assertThatMuchWasDone(result);
		String page = System.getProperty("soak.page");
		if (page != null && this.duration.compareTo(AN_HOUR) >= 0) {
			SoakPage.write(Path.of(page), this.duration, this.seed, result);
		}
	}

	/** A run in which too little happens proves nothing. */
	private void assertThatMuchWasDone(Soak.Result result) {
		int seconds = (int) this.duration.toSeconds();
		assertThat(result.faults()).as("faults").isGreaterThanOrEqualTo(seconds / 9);
		assertThat(result.compactions()).as("compactions").isGreaterThanOrEqualTo(seconds / 18);
		assertThat(result.confirmations()).as("changes reported by several members").isGreaterThan(result.writes());
		assertThat(result.writes()).as("writes")
			.isGreaterThanOrEqualTo((this.duration.compareTo(EVEN) >= 0) ? 150L * seconds : 1_000);
		if (this.duration.compareTo(ALL_KINDS) >= 0) {
			assertThat(result.recoveries().keySet()).as("kinds of faults")
				.containsExactlyInAnyOrderElementsOf(result.kinds());
		}
	}

	/** The run ends at the first violation, which usually comes within seconds. */
	@Test
	void checkerCatchesAChangeThatAViewIsNotTold() {
		assertThat(run(ALL_KINDS, WorseWatches::losing).violations())
			.anyMatch((violation) -> violation.startsWith("V2"));
	}

	@Test
	void checkerCatchesWatchesThatJetcdResumes() {
		assertThat(run(ALL_KINDS, WorseWatches::resumedByJetcd).violations())
			.anyMatch((violation) -> violation.startsWith("V1") || violation.startsWith("V2"));
	}

	private Soak.Result run(Duration duration, BiFunction<EtcdClient, ClientBuilder, EtcdClient> wrapping) {
		try (Cluster cluster = new Cluster(EtcdBinary.newest()); Soak soak = new Soak(cluster, this.seed, wrapping)) {
			soak.run(duration);
			return soak.result();
		}
	}

}
