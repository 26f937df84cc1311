package io.github.etcddiscovery.snapshot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.snapshot.Snapshot.Entry;
import io.github.etcddiscovery.view.Catalog.Position;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of {@link SnapshotFile}.
 */
class SnapshotFileTests {

	private static final Instant TIME = Instant.parse("2026-11-29T10:00:00Z");

	private static final Duration MAX_AGE = Duration.ofHours(1);

	private static final List<Position> POSITIONS = List.of(new Position("/services/", 2, 17),
			new Position("/pay/", 1, 5));

	private static final List<String> PREFIXES = List.of("/services/", "/pay/");

	private static final List<Entry> ENTRIES = List.of(
			new Entry(new InstanceKey("orders", "10.0.0.5:8080"), 7, "{\"host\":\"10.0.0.5\",\"port\":8080}"),
			new Entry(new InstanceKey("orders", "ü:1"), 0, "{\"note\":\"a\\nb\"}"));

	@TempDir
	private Path folder;

	private Path path;

	private SnapshotFile file;

	@BeforeEach
	void file() {
		this.path = this.folder.resolve("new").resolve("snapshot.json");
		this.file = new SnapshotFile(this.path);
	}

	@Test
	void whatIsWrittenIsRead() throws IOException {
		write();
		assertThat(read(TIME.plusSeconds(5))).isEqualTo(new Snapshot(TIME, POSITIONS, ENTRIES));
	}

	@Test
	void fileThatIsMissingIsNoFailure() throws IOException {
		assertThat(read(TIME)).isNull();
	}

	@Test
	void onlyTheOwnerMayReadIt() throws IOException {
		write();
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(this.path))).isEqualTo("rw-------");
	}

	@Test
	void fileThatAllMayWriteToIsRefused() throws IOException {
		write();
		Files.setPosixFilePermissions(this.path, PosixFilePermissions.fromString("rw-rw----"));
		assertThat(read(TIME)).as("the group of a Kubernetes volume").isNotNull();
		Files.setPosixFilePermissions(this.path, PosixFilePermissions.fromString("rw-----w-"));
		assertRefused(TIME, "all users may write to it: expected permissions such as 600");
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void fileOfAnotherUserIsRefused() throws IOException {
		write();
		assumeThat(Files.getAttribute(this.path, "unix:uid")).as("only root can give files away").isEqualTo(0);
		Files.setAttribute(this.path, "unix:uid", 4711);
		assertRefused(TIME, "another user owns it (uid 4711)");
	}

	@Test
	void folderIsNoFile() throws IOException {
		Files.createDirectories(this.path);
		assertRefused(TIME, "it is not a regular file");
	}

	@Test
	void replacingItChangesItsPermissionsToo() throws IOException {
		Files.createDirectories(this.path.getParent());
		Files.writeString(this.path, "x");
		write();
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(this.path))).isEqualTo("rw-------");
	}

	@Test
	void everyTornFileIsRefused() throws IOException {
		write();
		byte[] whole = Files.readAllBytes(this.path);
		for (int length = 0; length < whole.length; length++) {
			Files.write(this.path, Arrays.copyOf(whole, length));
			assertThatExceptionOfType(InvalidSnapshotException.class).as("%d bytes", length)
				.isThrownBy(() -> read(TIME))
				.withMessageContaining("it is not a");
		}
	}

	@Test
	void everyChangeIsNoticed() throws IOException {
		write();
		byte[] whole = Files.readAllBytes(this.path);
		for (int i = 0; i < whole.length; i++) {
			byte[] changed = whole.clone();
			changed[i] ^= 1;
			Files.write(this.path, changed);
			assertThatThrownBy(() -> read(TIME)).as("byte %d", i).isInstanceOf(InvalidSnapshotException.class);
		}
		Files.write(this.path, (new String(whole, StandardCharsets.UTF_8) + "\n").getBytes(StandardCharsets.UTF_8));
		assertRefused(TIME, "it is not a complete snapshot, or somebody has changed it");
	}

	@ParameterizedTest
	@ValueSource(strings = { "\n", "null\n", "[]\n", "{}\n", "{\"etcdDiscoverySnapshot\":\"x\"}\n",
			"127.0.0.1 localhost\n", "{\"sha256\":1}\n" })
	void foreignFileIsRefused(String content) throws IOException {
		Files.createDirectories(this.path.getParent());
		Files.writeString(this.path, content);
		assertThatExceptionOfType(InvalidSnapshotException.class).isThrownBy(() -> read(TIME))
			.withMessageContaining("it is not a");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"etcdDiscoverySnapshot\":1}\n", "{\"etcdDiscoverySnapshot\":1,\"prefixes\":[{}]}\n",
			"{\"etcdDiscoverySnapshot\":1,\"prefixes\":{}}\n",
			"{\"etcdDiscoverySnapshot\":1,\"time\":\"yesterday\",\"prefixes\":[{\"prefix\":\"/services/\",\"epoch\":1,"
					+ "\"revision\":1},{\"prefix\":\"/pay/\",\"epoch\":1,\"revision\":1}]}\n",
			"{\"etcdDiscoverySnapshot\":1,\"prefixes\":[{\"prefix\":\"/services/\",\"epoch\":1,"
					+ "\"revision\":1},{\"prefix\":\"/pay/\",\"epoch\":1,\"revision\":1}]}\n" })
	void headerThatLacksSomethingIsRefused(String content) throws IOException {
		Files.createDirectories(this.path.getParent());
		Files.writeString(this.path, content);
		assertThatThrownBy(() -> read(TIME)).isInstanceOf(InvalidSnapshotException.class);
	}

	@Test
	void lineWithoutEndIsNotReadIntoMemory() throws IOException {
		Files.createDirectories(this.path.getParent());
		Files.writeString(this.path, "x".repeat(300_000));
		assertRefused(TIME, "it is not a complete snapshot, or somebody has changed it");
	}

	@Test
	void newerFormatIsRefused() throws IOException {
		write();
		Files.writeString(this.path, Files.readString(this.path).replace("Snapshot\":1", "Snapshot\":2"));
		assertRefused(TIME, "it has version 2 of the format: expected 1");
	}

	@Test
	void snapshotOfOtherPrefixesIsRefused() throws IOException {
		write();
		assertThatExceptionOfType(InvalidSnapshotException.class)
			.isThrownBy(() -> this.file.read(TIME, MAX_AGE, List.of("/other/"), 10))
			.withMessage("it is of the prefixes [/services/, /pay/], but this application reads [/other/]");
	}

	@Test
	void snapshotOfMorePrefixesOrInAnotherOrderIsRefused() throws IOException {
		write();
		for (List<String> prefixes : List.of(List.of("/services/"), List.of("/pay/", "/services/"))) {
			assertThatExceptionOfType(InvalidSnapshotException.class)
				.isThrownBy(() -> this.file.read(TIME, MAX_AGE, prefixes, 10));
		}
	}

	@Test
	void largestRecordIsWrittenAndRead() throws IOException {
		Entry large = new Entry(new InstanceKey("orders", "1"), 7, "\"".repeat(64 * 1024));
		this.file.write(TIME, POSITIONS, List.of(large).iterator());
		assertThat(read(TIME).entries()).containsExactly(large);
	}

	@Test
	void severalMayWriteTheSameFile() throws IOException {
		Iterator<Entry> entries = ENTRIES.iterator();
		this.file.write(TIME, POSITIONS, new Iterator<>() {

			@Override
			public boolean hasNext() {
				return entries.hasNext();
			}

			@Override
			public Entry next() {
				try {
					new SnapshotFile(SnapshotFileTests.this.path).write(TIME, POSITIONS, ENTRIES.iterator());
				}
				catch (IOException ex) {
					throw new UncheckedIOException(ex);
				}
				return entries.next();
			}

		});
		assertThat(read(TIME).entries()).isEqualTo(ENTRIES);
	}

	@Test
	void snapshotThatIsTooOldIsRefused() throws IOException {
		write();
		assertThat(read(TIME.plus(MAX_AGE))).isNotNull();
		assertRefused(TIME.plus(MAX_AGE).plusSeconds(1), "it is 3601 s old, but may be 3600 s old");
	}

	@Test
	void snapshotOfTheFutureIsRefused() throws IOException {
		write();
		assertThat(read(TIME.minusSeconds(60))).as("clocks differ").isNotNull();
		assertRefused(TIME.minusSeconds(61), "its time is 2026-11-29T10:00:00Z, which is in the future");
	}

	@Test
	void snapshotWithTooManyInstancesIsRefused() throws IOException {
		write();
		assertThatExceptionOfType(InvalidSnapshotException.class)
			.isThrownBy(() -> this.file.read(TIME, MAX_AGE, PREFIXES, 1))
			.withMessage("it contains more than 1 instances");
	}

	@Test
	void failedWriteLeavesTheOldFile() throws IOException {
		write();
		Iterator<Entry> failing = Stream.generate(() -> ENTRIES.get(0)).limit(10_000).peek((entry) -> {
			if (Files.exists(this.path)) {
				throw new IllegalStateException("thrown on purpose");
			}
		}).iterator();
		assertThatThrownBy(() -> this.file.write(TIME.plusSeconds(1), POSITIONS, failing))
			.hasMessage("thrown on purpose");
		assertThat(read(TIME)).isNotNull();
		assertThat(this.path.getParent().toFile().list()).containsExactly("snapshot.json");
	}

	@Test
	void filesOfKilledWritersAreDeletedLater() throws IOException {
		Path abandoned = this.path.resolveSibling("snapshot.json.4711.tmp");
		Path other = this.path.resolveSibling("snapshot.json.4712.tmp");
		write();
		Files.writeString(abandoned, "x");
		Files.writeString(other, "x");
		Files.setLastModifiedTime(abandoned, FileTime.from(Instant.now().minusSeconds(61)));
		write();
		assertThat(abandoned).doesNotExist();
		assertThat(other).as("may be written just now").exists();
	}

	@Test
	void writerThatIsKilledLeavesTheOldFileOrTheNewOne() throws Exception {
		for (int i = 0; i < 4; i++) {
			Process writer = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
					"-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
					EndlessWriter.class.getName(), this.path.toString())
				.redirectErrorStream(true)
				.redirectOutput(this.folder.resolve("writer.log").toFile())
				.start();
			try {
				long before = Files.exists(this.path) ? Files.getLastModifiedTime(this.path).toMillis() : 0;
				await().atMost(Duration.ofSeconds(20))
					.pollInterval(Duration.ofMillis(3 + i))
					.until(() -> Files.exists(this.path) && Files.getLastModifiedTime(this.path).toMillis() > before);
			}
			finally {
				writer.destroyForcibly();
			}
			assertThat(writer.waitFor(5, TimeUnit.SECONDS)).isTrue();
			Snapshot snapshot = this.file.read(Instant.now(), MAX_AGE, PREFIXES, 1_000_000);
			assertThat(snapshot).isNotNull();
			assertThat(snapshot.entries()).hasSize((int) snapshot.positions().get(0).revision());
		}
	}

	private void write() throws IOException {
		this.file.write(TIME, POSITIONS, ENTRIES.iterator());
	}

	private Snapshot read(Instant now) throws IOException {
		return this.file.read(now, MAX_AGE, PREFIXES, 10);
	}

	private void assertRefused(Instant now, String reason) {
		assertThatExceptionOfType(InvalidSnapshotException.class).isThrownBy(() -> read(now)).withMessage(reason);
	}

	/**
	 * Replaces a file again and again, by a snapshot whose revision is its size.
	 */
	static final class EndlessWriter {

		public static void main(String[] arguments) throws IOException {
			SnapshotFile file = new SnapshotFile(Path.of(arguments[0]));
			for (int round = 0; round < 10_000; round++) {
				int size = 1_000 + round;
				file.write(Instant.now(), List.of(new Position("/services/", 1, size), new Position("/pay/", 1, 1)),
						IntStream.range(0, size)
							.mapToObj((i) -> new Entry(new InstanceKey("orders", "10.0.0.5:" + i), 7, "{}"))
							.iterator());
			}
		}

	}

}
