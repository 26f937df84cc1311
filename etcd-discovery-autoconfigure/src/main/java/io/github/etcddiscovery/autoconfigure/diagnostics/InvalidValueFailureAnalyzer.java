package io.github.etcddiscovery.autoconfigure.diagnostics;

import java.util.Locale;

import io.github.etcddiscovery.instance.InvalidValueException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Explains a start that failed because a customizer, an event listener or a bean of the
 * user's gave the registration a value that cannot be registered.
 */
final class InvalidValueFailureAnalyzer extends AbstractFailureAnalyzer<InvalidValueException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, InvalidValueException cause) {
		return new FailureAnalysis("The registration of this application in etcd has an " + lowerCase(cause) + ".",
				"Give it another " + cause.part() + ": look for it in EtcdRegistrationCustomizer and EtcdRegistration"
						+ " beans, and in listeners of InstancePreRegisteredEvent.",
				rootFailure);
	}

	/** The message begins with "Invalid". */
	private static String lowerCase(InvalidValueException cause) {
		String message = String.valueOf(cause.getMessage());
		return message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
	}

}
