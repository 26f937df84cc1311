package io.github.etcddiscovery.integration;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import io.github.etcddiscovery.testing.RequiresEtcd;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips a test class where no engine of Docker's answers, or Compose 2 is missing: an
 * engine cannot be started everywhere. Images are made of the etcd that is installed.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@RequiresEtcd
@ExtendWith(RequiresDocker.Condition.class)
@interface RequiresDocker {

	/**
	 * Decides.
	 */
	class Condition implements ExecutionCondition {

		@Override
		public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
			String missing = Docker.missing();
			return (missing != null) ? ConditionEvaluationResult.disabled("Docker cannot be used: " + missing)
					: ConditionEvaluationResult.enabled("Docker answers");
		}

	}

}
