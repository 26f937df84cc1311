package io.github.etcddiscovery.benchmarks.soak;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BiFunction;

import io.etcd.jetcd.ClientBuilder;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.testing.EtcdBinary;
import io.github.etcddiscovery.testing.RequiresEtcd;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No promise is broken, whatever happens at once.
 */
@RequiresEtcd
@Tag("slow")
class SoakIT {

	private static final Logger logger = LoggerFactory.getLogger(SoakIT.class);

	private static final Duration LONG = Duration.ofHours(1);

	private final Duration duration = Duration.parse(System.getProperty("soak.duration", "PT3M"));

	private final long seed = Long.getLong("soak.seed", System.nanoTime());

	@Test
	void noPromiseIsBrokenWhateverHappens() {
		logger.info("Seed {}, for {} s, on {}", this.seed, this.duration.toSeconds(), EtcdBinary.newest());
		Soak.Result result = run((client, jetcd) -> client);
		logger.info("{}", result);
		assertThat(result.violations()).isEmpty();
		// A run that is too easy proves nothing.
		boolean lasted = this.duration.compareTo(LONG) >= 0;
		assertThat(result.writes()).as("writes").isGreaterThanOrEqualTo(lasted ? 1_000_000 : 30_000);
		assertThat(result.faults()).as("faults").isGreaterThanOrEqualTo(lasted ? 400 : 20);
		assertThat(result.compactions()).as("compactions").isGreaterThanOrEqualTo(lasted ? 200 : 10);
		assertThat(result.confirmations()).as("changes told by several members").isGreaterThan(result.writes());
		assertThat(result.recoveries().keySet()).as("kinds of faults")
			.containsExactlyInAnyOrderElementsOf(result.kinds());
		String page = System.getProperty("soak.page");
		if (page != null && lasted) {
			SoakPage.write(Path.of(page), this.duration, this.seed, result);
		}
	}

	/** It ends at the first violation, whenever that comes. */
	@Test
	void checkerCatchesAChangeThatAViewIsNotTold() {
		assertThat(run(WorseWatches::losing).violations()).anyMatch((violation) -> violation.startsWith("V2"));
	}

	@Test
	void checkerCatchesWatchesThatJetcdResumes() {
		assertThat(run(WorseWatches::resumedByJetcd).violations())
			.anyMatch((violation) -> violation.startsWith("V1") || violation.startsWith("V2"));
	}

	private Soak.Result run(BiFunction<EtcdClient, ClientBuilder, EtcdClient> wrapping) {
		try (Cluster cluster = new Cluster(EtcdBinary.newest()); Soak soak = new Soak(cluster, this.seed, wrapping)) {
			soak.run(this.duration);
			return soak.result();
		}
	}

}
