package io.github.etcddiscovery.testing;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips tests where something is not installed, but fails them where the environment
 * variable {@code CI} is set: there that is a mistake.
 */
public abstract class InstalledCondition implements ExecutionCondition {

	/** Whether it is there. */
	protected abstract boolean isInstalled();

	/** Says what is missing, and where it was looked for. */
	protected abstract String missing();

	@Override
	public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
		if (isInstalled()) {
			return ConditionEvaluationResult.enabled("It is installed");
		}
		if (System.getenv("CI") != null) {
			throw new IllegalStateException(missing());
		}
		return ConditionEvaluationResult.disabled(missing());
	}

}
