package io.github.etcddiscovery.autoconfigure;

import io.github.etcddiscovery.Internal;

/**
 * Thrown when a property cannot be used and its value must not be shown, because there is
 * a password or a private key in it.
 */
@Internal
public final class SecretValueException extends RuntimeException {

	private final String property;

	private final String reason;

	/**
	 * Creates the exception.
	 * @param property the full name of the property
	 * @param reason what was expected, a sentence that does not repeat the value
	 */
	SecretValueException(String property, String reason) {
		super("'" + property + "' cannot be used (its value is not shown, since it may contain a secret). " + reason);
		this.property = property;
		this.reason = reason;
	}

	/**
	 * Returns the full name of the property.
	 * @return the name
	 */
	public String property() {
		return this.property;
	}

	/**
	 * Returns what was expected.
	 * @return a sentence that does not repeat the value
	 */
	public String reason() {
		return this.reason;
	}

}
