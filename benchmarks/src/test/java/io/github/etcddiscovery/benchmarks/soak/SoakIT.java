package io.github.etcddiscovery.benchmarks.soak;

import java.nio.file.Path;
import java.time.Duration;

import io.github.etcddiscovery.testing.EtcdBinary;
import io.github.etcddiscovery.testing.RequiresEtcd;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No promise is broken, whatever happens at once.
 */
@RequiresEtcd
@Tag("slow")
@EnabledIfSystemProperty(named = "soak.duration", matches = "PT.+")
class SoakIT {

	private static final Logger logger = LoggerFactory.getLogger(SoakIT.class);

	/** A run that is too easy proves nothing. */
	private static final double FEWEST_WRITES_A_SECOND = 30_000 / 180.0;

	private static final double FEWEST_FAULTS_A_SECOND = 20 / 180.0;

	private final Duration duration = Duration.parse(System.getProperty("soak.duration", "PT3M"));

	private final long seed = Long.getLong("soak.seed", System.nanoTime());

	@Test
	void noPromiseIsBrokenWhateverHappens() {
		logger.info("Seed {}, for {} s, on {}", this.seed, this.duration.toSeconds(), EtcdBinary.newest());
		try (Soak soak = new Soak(EtcdBinary.newest(), this.seed, (client, endpoints) -> client)) {
			soak.run(this.duration);
			Soak.Result result = soak.result();
			logger.info("{}", result);
			assertThat(result.violations()).isEmpty();
			assertThat((double) result.writes()).as("writes")
				.isGreaterThanOrEqualTo(FEWEST_WRITES_A_SECOND * this.duration.toSeconds());
			assertThat((double) result.faults()).as("faults")
				.isGreaterThanOrEqualTo(FEWEST_FAULTS_A_SECOND * this.duration.toSeconds());
			assertThat(result.recoveries().keySet()).as("kinds of faults")
				.containsExactlyInAnyOrderElementsOf(result.kinds());
			String page = System.getProperty("soak.page");
			if (page != null) {
				SoakPage.write(Path.of(page), this.duration, this.seed, result);
			}
		}
	}

	@Test
	void checkerCatchesAChangeThatAViewIsNotTold() {
		try (Soak soak = new Soak(EtcdBinary.newest(), this.seed, WorseWatches::losing)) {
			soak.run(this.duration);
			assertThat(soak.result().violations()).anyMatch((violation) -> violation.startsWith("V2"));
		}
	}

	/** It ends at the first violation, whenever that comes. */
	@Test
	@EnabledIfSystemProperty(named = "soak.jetcd", matches = "true")
	void checkerCatchesWatchesThatJetcdResumes() {
		try (Soak soak = new Soak(EtcdBinary.newest(), this.seed, WorseWatches::resumedByJetcd)) {
			soak.run(this.duration);
			assertThat(soak.result().violations()).anyMatch((violation) -> violation.startsWith("V"));
		}
	}

}
