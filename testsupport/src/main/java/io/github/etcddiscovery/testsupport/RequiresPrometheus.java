package io.github.etcddiscovery.testsupport;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Skips a test class where Prometheus is not installed, but fails it where the
 * environment variable {@code CI} is set.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresPrometheus.Condition.class)
public @interface RequiresPrometheus {

	/**
	 * Decides.
	 */
	class Condition extends InstalledCondition {

		@Override
		protected String name() {
			return "prometheus";
		}

		@Override
		protected boolean isInstalled() {
			return Programs.find("prometheus").isPresent();
		}

		@Override
		protected String missing() {
			return "Prometheus is missing: expected it on the path";
		}

	}

}
