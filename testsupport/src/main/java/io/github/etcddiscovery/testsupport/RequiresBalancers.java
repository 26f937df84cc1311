package io.github.etcddiscovery.testsupport;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.stream.Stream;

import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Skips a test class where HAProxy or nginx is not installed, but fails it where the
 * environment variable {@code CI} is set.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresBalancers.Condition.class)
public @interface RequiresBalancers {

	/**
	 * Decides.
	 */
	class Condition extends InstalledCondition {

		@Override
		protected String name() {
			return "balancers";
		}

		@Override
		protected boolean isInstalled() {
			return Stream.of("haproxy", "nginx").allMatch((program) -> Programs.find(program).isPresent());
		}

		@Override
		protected String missing() {
			return "HAProxy or nginx is missing: expected both on the path";
		}

	}

}
