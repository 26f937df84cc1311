package io.github.etcddiscovery.view;

import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

/**
 * A clock that stands still while changes do not arrive: an instance may have come back
 * meanwhile without the view seeing it. Belongs to one thread.
 */
final class WatchingTime implements LongSupplier {

	private final LongSupplier nanoTime;

	/** How long it has stood still so far. */
	private long missing;

	private @Nullable Long stoppedAt;

	WatchingTime(LongSupplier nanoTime) {
		this.nanoTime = nanoTime;
	}

	void stop() {
		if (this.stoppedAt == null) {
			this.stoppedAt = this.nanoTime.getAsLong();
		}
	}

	void goOn() {
		if (this.stoppedAt != null) {
			this.missing += this.nanoTime.getAsLong() - this.stoppedAt;
			this.stoppedAt = null;
		}
	}

	@Override
	public long getAsLong() {
		return ((this.stoppedAt != null) ? this.stoppedAt : this.nanoTime.getAsLong()) - this.missing;
	}

}
