package io.github.etcddiscovery.registry;

/**
 * A registration without a key: go-kit's {@code ErrNoKey}.
 */
public class NoKeyException extends IllegalArgumentException {

	/**
	 * Creates the exception.
	 */
	public NoKeyException() {
		super("No key provided: a registration needs a key that is not empty");
	}

}
