package io.github.etcddiscovery.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips a test class where no etcd is found, but fails it where the environment variable
 * {@code CI} is set: there a missing etcd is a mistake.
 */
@Target({ ElementType.TYPE, ElementType.METHOD })
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresEtcd.Condition.class)
public @interface RequiresEtcd {

	/**
	 * Decides.
	 */
	class Condition implements ExecutionCondition {

		@Override
		public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
			if (!EtcdBinary.found().isEmpty()) {
				return ConditionEvaluationResult.enabled("Found " + EtcdBinary.found());
			}
			if (System.getenv("CI") != null) {
				throw new IllegalStateException("No etcd found: expected one on the path or in ETCD_BINARIES");
			}
			return ConditionEvaluationResult.disabled("No etcd on the path or in ETCD_BINARIES");
		}

	}

}
