package io.github.etcddiscovery.testsupport;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests of {@link InstalledCondition}.
 */
class InstalledConditionTests {

	@Test
	void whatIsInstalledIsTested() {
		assertThat(new Docker(true).evaluate(true, "").isDisabled()).isFalse();
		assertThat(new Docker(true).evaluate(false, "docker").isDisabled()).isFalse();
	}

	@Test
	void whatIsMissingIsSkippedAtHome() {
		assertThat(new Docker(false).evaluate(false, "")).satisfies((result) -> {
			assertThat(result.isDisabled()).isTrue();
			assertThat(result.getReason()).contains("No docker here");
		});
	}

	@Test
	void whatIsMissingFailsInCiUnlessItMay() {
		assertThatIllegalStateException().isThrownBy(() -> new Docker(false).evaluate(true, "browser"))
			.withMessage("No docker here. If it may be missing here, add 'docker' to CI_MAY_LACK");
		assertThatIllegalStateException().isThrownBy(() -> new Docker(false).evaluate(true, "dockers"));
		assertThat(new Docker(false).evaluate(true, "browser, docker").isDisabled()).isTrue();
		assertThat(new Docker(false).evaluate(true, "browser docker").isDisabled()).isTrue();
	}

	/**
	 * Is installed or not.
	 */
	private static final class Docker extends InstalledCondition {

		private final boolean installed;

		Docker(boolean installed) {
			this.installed = installed;
		}

		@Override
		protected String name() {
			return "docker";
		}

		@Override
		protected boolean isInstalled() {
			return this.installed;
		}

		@Override
		protected String missing() {
			return "No docker here";
		}

	}

}
