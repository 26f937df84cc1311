package io.github.etcddiscovery.client;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.IntStream;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.options.GetOption;
import io.github.etcddiscovery.client.EtcdException.Reason;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * How large pages are asked for, and what becomes of those that do not arrive.
 */
class PagedListingTests {

	private static final EtcdException LATE = new EtcdException(Reason.UNAVAILABLE, "late", new TimeoutException());

	private final List<String> asked = new ArrayList<>();

	private final List<String> keys = new ArrayList<>();

	private final Client client = mock(Client.class);

	private CompletableFuture<GetResponse> pending = new CompletableFuture<>();

	private long now;

	private final PagedListing listing = new PagedListing("/a/", 0, false, this::call, () -> this.now,
			(page) -> page.forEach((found) -> this.keys.add(found.key())));

	@BeforeEach
	void record() {
		KV kv = mock(KV.class);
		given(this.client.getKVClient()).willReturn(kv);
		given(kv.get(any(ByteSequence.class), any(GetOption.class))).willAnswer((call) -> {
			GetOption option = call.getArgument(1);
			this.asked.add("%d at %d from %s".formatted(option.getLimit(), option.getRevision(),
					call.getArgument(0).toString().replace("\0", "+")));
			return null;
		});
	}

	private CompletableFuture<GetResponse> call(String action, boolean patient,
			Function<Client, CompletableFuture<GetResponse>> operation) {
		operation.apply(this.client);
		this.asked.add(patient ? "patient" : "impatient");
		this.pending = new CompletableFuture<>();
		return this.pending;
	}

	/** The next page arrives. */
	private void arrives(long revision, boolean more, String... found) {
		RangeResponse.Builder page = RangeResponse.newBuilder()
			.setHeader(ResponseHeader.newBuilder().setRevision(revision))
			.setMore(more);
		for (String key : found) {
			page.addKvs(
					io.etcd.jetcd.api.KeyValue.newBuilder().setKey(ByteString.copyFrom(key, StandardCharsets.UTF_8)));
		}
		this.pending.complete(new GetResponse(page.build(), ByteSequence.EMPTY));
	}

	@Test
	void pagesFollowEachOtherAtTheRevisionOfTheFirst() {
		CompletableFuture<Long> revision = this.listing.read();
		arrives(7, true, "/a/1", "/a/2");
		arrives(9, false, "/a/3");
		assertThat(this.asked).containsExactly("1000 at 0 from /a/", "patient", "2000 at 7 from /a/2+", "patient");
		assertThat(revision).isCompletedWithValue(7L);
		assertThat(this.keys).containsExactly("/a/1", "/a/2", "/a/3");
	}

	@Test
	void latePageIsAskedForAgainSmallerAtTheSameRevision() {
		CompletableFuture<Long> revision = this.listing.read();
		arrives(7, true, "/a/1");
		this.pending.completeExceptionally(LATE);
		this.pending.completeExceptionally(LATE);
		arrives(7, false, "/a/2");
		assertThat(this.asked).filteredOn((line) -> line.contains("at"))
			.contains("2000 at 7 from /a/1+", "500 at 7 from /a/1+");
		assertThat(revision).isCompletedWithValue(7L);
	}

	@Test
	void smallPageThatIsLateCastsSuspicionAndFails() {
		CompletableFuture<Long> revision = this.listing.read();
		for (int i = 0; i < 3; i++) {
			this.pending.completeExceptionally(LATE);
		}
		assertThat(this.asked).containsExactly("1000 at 0 from /a/", "patient", "250 at 0 from /a/", "patient",
				"62 at 0 from /a/", "impatient");
		assertThat(revision).isCompletedExceptionally();
	}

	@Test
	void pageThatIsTooLargeIsAskedForAgainDownToOneEntry() {
		CompletableFuture<Long> revision = this.listing.read();
		for (int i = 0; i < 6; i++) {
			this.pending.completeExceptionally(new EtcdException(Reason.TOO_LARGE, "too large", null));
		}
		assertThat(this.asked).filteredOn((line) -> line.contains("at 0"))
			.map((line) -> line.split(" ")[0])
			.containsExactly("1000", "250", "62", "15", "3", "1");
		assertThat(revision).isCompletedExceptionally();
	}

	@Test
	void missingConnectionIsNoReasonToAskForLess() {
		CompletableFuture<Long> revision = this.listing.read();
		this.pending.completeExceptionally(new EtcdException(Reason.UNAVAILABLE, "no connection", LATE));
		assertThat(revision).isCompletedExceptionally();
		assertThat(this.asked).hasSize(2);
	}

	@ParameterizedTest
	@CsvSource({
			// quick: twice as many
			"1000, 1000, 100000, 499, 2000",
			// neither quick nor slow
			"1000, 1000, 100000, 500, 1000", "1000, 1000, 100000, 1500, 1000",
			// slow: half as many
			"1000, 1000, 100000, 1501, 500",
			// at most ten thousand
			"10000, 10000, 100000, 10, 10000",
			// four MiB of entries of one MiB
			"100, 3, 3145728, 10, 4",
			// at least one
			"1, 1, 8388608, 3000, 1" })
	void sizeFollowsTimeAndBytes(int size, int entries, long bytes, long millis, int next) {
		assertThat(PagedListing.nextSize(size, entries, bytes, Duration.ofMillis(millis))).isEqualTo(next);
	}

	@Test
	void listingOfMoreKeysThanEtcdCanHaveEnds() {
		String[] page = IntStream.range(0, 100_000).mapToObj((i) -> "/a/" + i).toArray(String[]::new);
		CompletableFuture<Long> read = this.listing.read();
		for (int i = 0; i < 101 && !read.isDone(); i++) {
			arrives(7, true, page);
			this.keys.clear();
		}
		assertThat(read).failsWithin(Duration.ZERO)
			.withThrowableThat()
			.withMessageContaining("there are more than 10000000");
	}

}
