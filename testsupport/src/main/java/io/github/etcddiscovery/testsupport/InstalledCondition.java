package io.github.etcddiscovery.testsupport;

import java.util.List;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips tests if something that they need is not installed. Where the environment
 * variable {@code CI} is set, they fail instead, unless {@code CI_MAY_LACK} lists the
 * name of what is missing.
 */
public abstract class InstalledCondition implements ExecutionCondition {

	/** The name in {@code CI_MAY_LACK}, such as {@code docker}. */
	protected abstract String name();

	/** Whether it is there. */
	protected abstract boolean isInstalled();

	/** Says what is missing, and where it was looked for. */
	protected abstract String missing();

	@Override
	public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
		return evaluate(System.getenv("CI") != null, System.getenv().getOrDefault("CI_MAY_LACK", ""));
	}

	ConditionEvaluationResult evaluate(boolean ci, String mayLack) {
		if (isInstalled()) {
			return ConditionEvaluationResult.enabled("It is installed");
		}
		if (ci && !List.of(mayLack.split("[ ,]+")).contains(name())) {
			throw new IllegalStateException(
					"%s. If it may be missing here, add '%s' to CI_MAY_LACK".formatted(missing(), name()));
		}
		return ConditionEvaluationResult.disabled(missing());
	}

}
