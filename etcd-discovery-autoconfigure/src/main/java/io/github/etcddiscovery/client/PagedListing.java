package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.OptionsUtil;
import io.github.etcddiscovery.client.EtcdException.Reason;

/**
 * Reads all keys with a prefix page by page, at one revision. Pages begin small and grow
 * while they arrive quickly. A page that is late or too large is asked for again,
 * smaller.
 */
final class PagedListing {

	/** Of records of 1 kB it is 1 MB, which a link of 10 Mbit/s carries in a second. */
	static final int FIRST_SIZE = 1_000;

	/**
	 * Measured for 100,000 records of 300 bytes: larger pages gain little and hold more
	 * memory.
	 */
	private static final int LARGEST_SIZE = 10_000;

	/** A page this small that is late says something about the connection. */
	private static final int SMALL = 100;

	/** Several pages are in memory at once: in Netty, in gRPC and as objects. */
	private static final int MOST_BYTES = 4 * 1024 * 1024;

	/**
	 * etcd keeps some millions of keys at most. A server in its place must not be able to
	 * send pages for ever.
	 */
	private static final int MOST_ENTRIES = 10_000_000;

	private static final Duration QUICK = Duration.ofMillis(500);

	private static final Duration SLOW = Duration.ofMillis(1500);

	private final String prefix;

	private final boolean keysOnly;

	private final Caller caller;

	private final LongSupplier nanoTime;

	private final Consumer<List<KeyValue>> pages;

	private ByteSequence from;

	private long revision;

	private int size = FIRST_SIZE;

	private int read;

	/**
	 * Creates a listing.
	 * @param prefix the prefix
	 * @param revision the revision to read at, 0 for the newest
	 * @param keysOnly whether to leave the values out
	 * @param caller makes the calls
	 * @param nanoTime the clock
	 * @param pages receives the pages in the order of the keys
	 */
	PagedListing(String prefix, long revision, boolean keysOnly, Caller caller, LongSupplier nanoTime,
			Consumer<List<KeyValue>> pages) {
		this.prefix = prefix;
		this.revision = revision;
		this.keysOnly = keysOnly;
		this.caller = caller;
		this.nanoTime = nanoTime;
		this.pages = pages;
		this.from = JetcdClientFactory.bytes(prefix);
	}

	/**
	 * Reads on.
	 * @return the revision at which all pages were read
	 */
	CompletableFuture<Long> read() {
		GetOption option = GetOption.builder()
			.withRange(OptionsUtil.prefixEndOf(JetcdClientFactory.bytes(this.prefix)))
			.withLimit(this.size)
			.withRevision(this.revision)
			.withKeysOnly(this.keysOnly)
			.build();
		ByteSequence first = this.from;
		long sentAt = this.nanoTime.getAsLong();
		return this.caller
			.call("Reading keys under " + this.prefix, this.size > SMALL,
					(client) -> client.getKVClient().get(first, option))
			.handle((page, error) -> (error != null) ? failed(EtcdException.from(error))
					: arrived(page, Duration.ofNanos(this.nanoTime.getAsLong() - sentAt)))
			.thenCompose(Function.identity());
	}

	private CompletableFuture<Long> failed(EtcdException failure) {
		boolean tooLarge = failure.reason() == Reason.TOO_LARGE && this.size > 1;
		boolean late = EtcdErrors.isLate(failure) && this.size > SMALL;
		if (!tooLarge && !late) {
			return CompletableFuture.failedFuture(failure);
		}
		this.size = Math.max(1, this.size / 4);
		return read();
	}

	private CompletableFuture<Long> arrived(GetResponse page, Duration took) {
		List<KeyValue> found = JetcdEtcdClient.keyValues(page);
		this.pages.accept(found);
		this.revision = (this.revision != 0) ? this.revision : page.getHeader().getRevision();
		if (!page.isMore() || found.isEmpty()) {
			return CompletableFuture.completedFuture(this.revision);
		}
		this.read += found.size();
		if (this.read > MOST_ENTRIES) {
			return CompletableFuture.failedFuture(new EtcdException(Reason.FATAL,
					"Reading keys under %s failed: there are more than %d".formatted(this.prefix, MOST_ENTRIES), null));
		}
		ByteSequence last = page.getKvs().get(found.size() - 1).getKey();
		this.from = last.concat(ByteSequence.from(new byte[1]));
		this.size = nextSize(this.size, found.size(), bytes(page), took);
		return read();
	}

	private static long bytes(GetResponse page) {
		return page.getKvs()
			.stream()
			.mapToLong((entry) -> (long) entry.getKey().size() + entry.getValue().size())
			.sum();
	}

	/** Returns how many entries to ask for after a page that was answered. */
	static int nextSize(int size, int entries, long bytes, Duration took) {
		int next = (took.compareTo(QUICK) < 0) ? size * 2 : (took.compareTo(SLOW) > 0) ? size / 2 : size;
		long thatFit = MOST_BYTES / Math.max(1, bytes / entries);
		return (int) Math.max(1, Math.min(Math.min(next, LARGEST_SIZE), thatFit));
	}

	/**
	 * Makes a call.
	 */
	@FunctionalInterface
	interface Caller {

		/**
		 * Makes a call.
		 * @param action what it is for, for messages
		 * @param patient whether a late answer casts no suspicion on the connection
		 * @param operation the call
		 */
		CompletableFuture<GetResponse> call(String action, boolean patient,
				Function<Client, CompletableFuture<GetResponse>> operation);

	}

}
