package io.github.etcddiscovery.sample;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

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
	class Condition implements ExecutionCondition {

		@Override
		public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
			if (Browser.isFound()) {
				return ConditionEvaluationResult.enabled("Found a browser");
			}
			if (System.getenv("CI") != null) {
				throw new IllegalStateException(Browser.MISSING);
			}
			return ConditionEvaluationResult.disabled(Browser.MISSING);
		}

	}

}
