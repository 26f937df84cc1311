package io.github.etcddiscovery.snapshot;

import java.io.IOException;

/**
 * Thrown if a file cannot be used as a snapshot. The message says why.
 */
final class InvalidSnapshotException extends IOException {

	InvalidSnapshotException(String message) {
		super(message);
	}

}
