package io.github.etcddiscovery.registry;

/**
 * A registration without a value: go-kit's {@code ErrNoValue}.
 */
public class NoValueException extends IllegalArgumentException {

	/**
	 * Creates the exception.
	 * @param key the key for which the value is missing
	 */
	public NoValueException(String key) {
		super("No value provided for key '" + key + "': a registration needs a value that is not empty");
	}

}
