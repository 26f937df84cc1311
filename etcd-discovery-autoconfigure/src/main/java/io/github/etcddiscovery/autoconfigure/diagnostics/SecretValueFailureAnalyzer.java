package io.github.etcddiscovery.autoconfigure.diagnostics;

import io.github.etcddiscovery.autoconfigure.SecretValueException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Explains a start that failed because of a property whose value must not be shown.
 * Needed because Spring Boot's own analyzer prints the value of the property.
 */
final class SecretValueFailureAnalyzer extends AbstractFailureAnalyzer<SecretValueException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, SecretValueException cause) {
		return new FailureAnalysis(
				"The value of '%s' cannot be used. It is not shown, since it may contain a password or a private key. %s"
					.formatted(cause.property(), cause.reason()),
				"Correct the value of '%s'.".formatted(cause.property()), rootFailure);
	}

}
