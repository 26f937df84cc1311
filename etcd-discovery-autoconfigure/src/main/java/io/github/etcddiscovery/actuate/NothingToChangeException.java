package io.github.etcddiscovery.actuate;

/**
 * There is nothing of that name that could be changed.
 */
final class NothingToChangeException extends IllegalArgumentException {

	NothingToChangeException(String message) {
		super(message);
	}

}
