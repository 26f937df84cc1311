package io.github.etcddiscovery.cloud.retry;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many requests to one service may be retries: a share of those of the last ten
 * seconds, and ten a second besides, so that repeating does not bring down what is merely
 * slow. The figures are those of Finagle's {@code RetryBudget}. Safe to use from any
 * thread.
 */
final class RetryBudget {

	private static final Logger logger = LoggerFactory.getLogger(RetryBudgets.class);

	private static final int SECONDS = 10;

	private static final int RESERVE_A_SECOND = 10;

	private static final long QUIET_SECONDS = 60;

	private final String serviceId;

	private final double share;

	private final LongSupplier nanoTime;

	private final Second[] window = new Second[SECONDS];

	private @Nullable Long saidSo;

	RetryBudget(String serviceId, double share) {
		this(serviceId, share, System::nanoTime);
	}

	RetryBudget(String serviceId, double share, LongSupplier nanoTime) {
		this.serviceId = serviceId;
		this.share = share;
		this.nanoTime = nanoTime;
	}

	/** Takes note of a request, however often it will be sent. */
	synchronized void deposit() {
		now().requests++;
	}

	/** Whether there may be another retry; then it counts. */
	synchronized boolean tryWithdraw() {
		Second now = now();
		long requests = 0;
		long retries = 0;
		for (Second second : this.window) {
			if (second != null && now.time - second.time < SECONDS) {
				requests += second.requests;
				retries += second.retries;
			}
		}
		if (retries >= SECONDS * RESERVE_A_SECOND + this.share * requests) {
			saySo(now.time);
			return false;
		}
		now.retries++;
		return true;
	}

	private void saySo(long time) {
		if (this.saidSo == null || time - this.saidSo >= QUIET_SECONDS) {
			this.saidSo = time;
			logger.warn("Requests to {} that fail are not sent again for now: more than {} a second and {} % were",
					this.serviceId, RESERVE_A_SECOND, Math.round(this.share * 100));
		}
	}

	private Second now() {
		long time = Math.floorDiv(this.nanoTime.getAsLong(), TimeUnit.SECONDS.toNanos(1));
		int place = Math.floorMod(time, SECONDS);
		if (this.window[place] == null || this.window[place].time != time) {
			this.window[place] = new Second(time);
		}
		return this.window[place];
	}

	/** What happened in one second. */
	private static final class Second {

		private final long time;

		private int requests;

		private int retries;

		Second(long time) {
			this.time = time;
		}

	}

}
