package io.github.etcddiscovery.sample;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import io.github.etcddiscovery.testsupport.InstalledCondition;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Skips a test class where Chromium and its driver are not on the path, but fails it
 * where the environment variable {@code CI} is set: there a missing browser is a mistake.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresBrowser.Condition.class)
@interface RequiresBrowser {

	/**
	 * Decides.
	 */
	class Condition extends InstalledCondition {

		@Override
		protected String name() {
			return "browser";
		}

		@Override
		protected boolean isInstalled() {
			return Browser.isFound();
		}

		@Override
		protected String missing() {
			return Browser.MISSING;
		}

	}

}
