package io.github.etcddiscovery.actuate;

/**
 * Thrown if the endpoint has nothing of that name that can be changed.
 */
final class NothingToChangeException extends IllegalArgumentException {

	NothingToChangeException(String message) {
		super(message);
	}

}
