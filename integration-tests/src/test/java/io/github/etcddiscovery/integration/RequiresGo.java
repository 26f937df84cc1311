package io.github.etcddiscovery.integration;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import io.github.etcddiscovery.testsupport.GoPrograms;
import io.github.etcddiscovery.testsupport.InstalledCondition;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Skips a test class where Go is not installed or too old, but fails it where the
 * environment variable {@code CI} is set: there that is a mistake.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresGo.Condition.class)
@interface RequiresGo {

	/**
	 * Decides.
	 */
	class Condition extends InstalledCondition {

		@Override
		protected String name() {
			return "go";
		}

		@Override
		protected boolean isInstalled() {
			return GoPrograms.canBeBuilt();
		}

		@Override
		protected String missing() {
			return GoPrograms.MISSING;
		}

	}

}
