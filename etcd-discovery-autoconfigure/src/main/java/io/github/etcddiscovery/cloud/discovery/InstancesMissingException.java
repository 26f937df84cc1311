package io.github.etcddiscovery.cloud.discovery;

/**
 * Starting was ended because instances that it had to wait for are not there.
 */
public final class InstancesMissingException extends RuntimeException {

	/** Names what is missing. */
	InstancesMissingException(String message) {
		super(message);
	}

}
