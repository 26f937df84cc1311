package io.github.etcddiscovery.cloud;

/**
 * Starting was ended because instances that it had to wait for are not there.
 */
public class InstancesMissingException extends RuntimeException {

	/**
	 * Creates the exception.
	 * @param message which ones
	 */
	public InstancesMissingException(String message) {
		super(message);
	}

}
