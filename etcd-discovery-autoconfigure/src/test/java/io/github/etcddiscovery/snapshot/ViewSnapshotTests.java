package io.github.etcddiscovery.snapshot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.doubles.ManualEventLoop;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.snapshot.Snapshot.Entry;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.Catalog.Position;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;

/**
 * Tests of {@link ViewSnapshot}.
 */
@ExtendWith(OutputCaptureExtension.class)
class ViewSnapshotTests {

	private static final Duration MAX_AGE = Duration.ofHours(1);

	private static final Duration INTERVAL = Duration.ofSeconds(10);

	private static final Instant BEGIN = Instant.parse("2026-11-29T10:00:00Z");

	@TempDir
	private Path folder;

	private Path path;

	private final ManualEventLoop loop = new ManualEventLoop();

	private final ServiceView<String> view = mock();

	private final List<Runnable> callbacks = new ArrayList<>();

	private ViewSnapshot<String> snapshot;

	@BeforeEach
	void snapshot() {
		this.path = this.folder.resolve("snapshot.json");
		willAnswer((call) -> this.callbacks.add(call.getArgument(0))).given(this.view).onChange(any());
		given(this.view.staleness()).willReturn(Duration.ZERO);
		sees(false);
		this.snapshot = new ViewSnapshot<>(this.path, MAX_AGE, this.view, new TextCodec(), this.loop,
				() -> BEGIN.plusNanos(this.loop.nanoTime()));
	}

	@Test
	void nothingIsWrittenBeforeEtcdHasBeenRead() {
		start();
		changes(false);
		this.loop.advance(MAX_AGE);
		close();
		assertThat(this.path).doesNotExist();
	}

	@Test
	void firstCatalogIsWrittenAtOnceAndFurtherOnesAtMostEveryTenSeconds() throws IOException {
		start();
		changes(true, "a");
		assertThat(written()).containsExactly("a");
		changes(true, "a", "b");
		changes(true, "a", "b", "c");
		this.loop.advance(INTERVAL.minusMillis(1));
		assertThat(written()).containsExactly("a");
		this.loop.advance(Duration.ofMillis(1));
		assertThat(written()).containsExactly("a", "b", "c");
	}

	@Test
	void catalogThatHoldsTheSameInstancesIsNotWritten() throws IOException {
		start();
		changes(true, "a");
		Files.delete(this.path);
		Catalog<String> before = this.view.catalog();
		Catalog<String> same = sees(true, "a");
		given(before.hasSameInstances(same)).willReturn(true);
		this.callbacks.forEach(Runnable::run);
		this.loop.advance(INTERVAL);
		assertThat(this.path).doesNotExist();
	}

	@Test
	void fileIsWrittenAgainBeforeItIsTooOldThoughNothingChanges() throws IOException {
		start();
		changes(true, "a");
		this.loop.advance(Duration.ofMillis(300));
		changes(true, "b");
		for (int minute = 0; minute < 120; minute++) {
			this.loop.advance(Duration.ofMinutes(1));
			assertThat(this.snapshot.state().age()).isLessThanOrEqualTo(MAX_AGE.dividedBy(4));
		}
	}

	@Test
	void snapshotWithoutInstancesIsNotServed(CapturedOutput output) throws IOException {
		write(BEGIN);
		start();
		then(this.view).should(never()).restore(any(), any());
		assertThat(output).doesNotContain("snapshot");
	}

	@Test
	void snapshotWhoseInstancesCannotBeReadIsNotServed(CapturedOutput output) throws IOException {
		write(BEGIN, "bad");
		start();
		then(this.view).should(never()).restore(any(), any());
		assertThat(output).contains("cannot be used: none of its 1 instances can be read");
	}

	@Test
	void closingWaitsForTheLastWrite() throws Exception {
		start();
		changes(true, "a");
		changes(true, "b");
		Thread closing = new Thread(this.snapshot::close);
		closing.start();
		await().atMost(Duration.ofSeconds(5)).until(this.loop::isDue);
		assertThat(closing.isAlive()).isTrue();
		assertThat(written()).containsExactly("a");
		this.loop.run();
		closing.join(5_000);
		assertThat(written()).containsExactly("b");
	}

	@Test
	void timeOfTheFileIsWhenTheViewWasCurrent() throws IOException {
		start();
		given(this.view.staleness()).willReturn(Duration.ofMinutes(7));
		changes(true, "a");
		assertThat(read().time()).isEqualTo(BEGIN.minus(Duration.ofMinutes(7)));
		assertThat(this.snapshot.state().age()).isEqualTo(Duration.ofMinutes(7));
	}

	@Test
	void closingWritesWhatWasSeenLast() throws IOException {
		start();
		changes(true, "a");
		changes(true, "b");
		close();
		assertThat(written()).containsExactly("b");
		assertThat(this.loop.isClosed()).isTrue();
	}

	@Test
	void instancesOfTheFileAreRestoredSortedByIdForTheRestOfTheirTime(CapturedOutput output) throws IOException {
		write(BEGIN.minus(Duration.ofMinutes(20)), "b", "bad", "a");
		start();
		then(this.view).should().restore(Map.of("orders", List.of("a", "b")), Duration.ofMinutes(40));
		assertThat(output).contains("Serving 2 instances from the snapshot " + this.path + ", which is 1200 s old");
		assertThat(this.snapshot.state())
			.isEqualTo(new ViewSnapshot.State(this.path.toString(), Duration.ofMinutes(20), null));
	}

	@Test
	void fileThatCannotBeUsedIsLoggedAndReplaced(CapturedOutput output) throws IOException {
		Files.writeString(this.path, "127.0.0.1 localhost\n");
		start();
		then(this.view).should(never()).restore(any(), any());
		assertThat(output).contains("The snapshot " + this.path
				+ " cannot be used: it is not a complete snapshot, or somebody has changed it. Starting without it");
		assertThat(this.snapshot.state().failure()).startsWith("it is not a complete snapshot");
		assertThat(this.snapshot.state().age()).isNull();
		changes(true, "a");
		assertThat(written()).containsExactly("a");
		assertThat(this.snapshot.state().failure()).isNull();
	}

	@Test
	void failedWriteIsLoggedOnceAndTriedAgain(CapturedOutput output) throws IOException {
		Path blocked = this.folder.resolve("snapshot.json");
		Files.createDirectories(blocked.resolve("not empty"));
		start();
		changes(true, "a");
		changes(true, "b");
		this.loop.advance(INTERVAL);
		assertThat(output.getOut().lines().filter((line) -> line.contains("cannot be written: "))).hasSize(1);
		assertThat(this.snapshot.state().failure()).isNotNull();
		Files.delete(blocked.resolve("not empty"));
		Files.delete(blocked);
		this.loop.advance(INTERVAL);
		assertThat(written()).as("though nothing changes").containsExactly("b");
		assertThat(this.snapshot.state().failure()).isNull();
	}

	@Test
	void withoutAFileNothingIsDone() {
		ViewSnapshot<String> none = new ViewSnapshot<>(null, MAX_AGE, this.view, new TextCodec(), this.loop,
				() -> BEGIN);
		none.start(10);
		assertThat(this.callbacks).isEmpty();
		assertThat(this.loop.isDue()).isFalse();
		assertThat(none.state()).isNull();
		none.close();
	}

	private void start() {
		this.snapshot.start(10);
		this.loop.run();
	}

	/** Runs the last write, for which closing waits, at once. */
	private void close() {
		Thread closing = new Thread(this.snapshot::close);
		closing.start();
		await().atMost(Duration.ofSeconds(5)).until(() -> {
			this.loop.run();
			return !closing.isAlive();
		});
	}

	private void changes(boolean synced, String... instances) {
		sees(synced, instances);
		this.callbacks.forEach(Runnable::run);
		this.loop.run();
	}

	private Catalog<String> sees(boolean synced, String... instances) {
		Catalog<String> catalog = mock();
		given(catalog.isSynced()).willReturn(synced);
		given(catalog.positions()).willReturn(List.of(new Position("/services/", 1, 17)));
		given(catalog.services()).willReturn(List.of("orders"));
		given(catalog.available("orders")).willReturn(List.of(instances));
		given(this.view.catalog()).willReturn(catalog);
		return catalog;
	}

	private void write(Instant time, String... instances) throws IOException {
		new SnapshotFile(this.path).write(time, List.of(new Position("/services/", 1, 17)),
				List.of(instances)
					.stream()
					.map((instance) -> new Entry(new InstanceKey("orders", instance), 0, instance))
					.iterator());
	}

	private Snapshot read() throws IOException {
		return new SnapshotFile(this.path).read(BEGIN.plusNanos(this.loop.nanoTime()), MAX_AGE, List.of("/services/"),
				10);
	}

	private List<String> written() throws IOException {
		return read().entries().stream().map(Entry::value).toList();
	}

	/**
	 * Instances that are their ids.
	 */
	private static final class TextCodec implements ViewSnapshot.Codec<String> {

		@Override
		public InstanceKey key(String instance) {
			return new InstanceKey("orders", instance);
		}

		@Override
		public long leaseId(String instance) {
			return 0;
		}

		@Override
		public byte[] encode(String instance) {
			return instance.getBytes(StandardCharsets.UTF_8);
		}

		@Override
		public String decode(InstanceKey key, byte[] value, long leaseId) {
			if (key.instanceId().equals("bad")) {
				throw new IllegalArgumentException("refused on purpose");
			}
			return new String(value, StandardCharsets.UTF_8);
		}

	}

}
