package io.github.etcddiscovery.snapshot;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;

import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.snapshot.Snapshot.Entry;
import io.github.etcddiscovery.view.Catalog.Position;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A file that holds a snapshot, one JSON object per line: a header, the instances, and
 * the SHA-256 checksum of all lines before it. The file is replaced as a whole, so a
 * process that is killed leaves the old file or the new one. Not safe for several threads
 * at once.
 */
final class SnapshotFile {

	private static final Logger logger = LoggerFactory.getLogger(SnapshotFile.class);

	private static final int VERSION = 1;

	private static final String FORMAT = "etcdDiscoverySnapshot";

	private static final String CHECKSUM = "sha256";

	private static final String TEMPORARY = ".tmp";

	/** A record has 64 KiB at most. JSON within JSON escapes quotation marks. */
	private static final int LONGEST_LINE = 256 * 1024;

	/** How far the clocks of machines that share a volume may differ. */
	private static final Duration CLOCK_SKEW = Duration.ofMinutes(1);

	/** Writing takes seconds at most. */
	private static final Duration ABANDONED = Duration.ofMinutes(1);

	/** On Linux, belongs to the user of this process. */
	private static final Path OWN_PROCESS = Path.of("/proc/self");

	private static final Integer ROOT = 0;

	private static final JsonMapper MAPPER = JsonMapper.shared();

	private final Path file;

	private final Path folder;

	/**
	 * Creates a file. Does no I/O.
	 * @throws InvalidPathException if it is the root of a file system
	 */
	SnapshotFile(Path file) {
		this.file = file.toAbsolutePath();
		Path parent = this.file.getParent();
		if (parent == null) {
			throw new InvalidPathException(file.toString(), "not the path of a file");
		}
		this.folder = parent;
	}

	Path path() {
		return this.file;
	}

	/**
	 * Replaces the file.
	 * @throws IOException if that fails; the old file is still there
	 */
	void write(Instant time, List<Position> positions, Iterator<Entry> entries) throws IOException {
		Files.createDirectories(this.folder);
		deleteAbandoned();
		// Others may write the same file at the same time. Only the owner may read it.
		Path temporary = Files.createTempFile(this.folder, this.file.getFileName() + ".", TEMPORARY);
		try {
			try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
				write(new BufferedOutputStream(Channels.newOutputStream(channel)), time, positions, entries);
				channel.force(true);
			}
			Files.move(temporary, this.file, StandardCopyOption.ATOMIC_MOVE);
		}
		finally {
			Files.deleteIfExists(temporary);
		}
	}

	/** Deletes what processes have left that were killed while writing. */
	private void deleteAbandoned() throws IOException {
		Instant abandoned = Instant.now().minus(ABANDONED);
		String prefix = this.file.getFileName() + ".";
		try (DirectoryStream<Path> siblings = Files.newDirectoryStream(this.folder,
				(path) -> path.getFileName().toString().startsWith(prefix) && path.toString().endsWith(TEMPORARY))) {
			for (Path sibling : siblings) {
				deleteIfAbandoned(sibling, abandoned);
			}
		}
	}

	private static void deleteIfAbandoned(Path sibling, Instant abandoned) {
		try {
			if (Files.getLastModifiedTime(sibling).toInstant().isBefore(abandoned)) {
				Files.deleteIfExists(sibling);
			}
		}
		catch (IOException ex) {
			logger.debug("{} may have been moved meanwhile", sibling, ex);
		}
	}

	private boolean isPosix() {
		return this.file.getFileSystem().supportedFileAttributeViews().contains("posix");
	}

	private static void write(OutputStream output, Instant time, List<Position> positions, Iterator<Entry> entries)
			throws IOException {
		MessageDigest digest = sha256();
		ObjectNode header = MAPPER.createObjectNode().put(FORMAT, VERSION).put("time", time.toString());
		ArrayNode prefixes = header.putArray("prefixes");
		positions.forEach((position) -> prefixes.addObject()
			.put("prefix", position.prefix())
			.put("epoch", position.epoch())
			.put("revision", position.revision()));
		writeLine(output, digest, header);
		while (entries.hasNext()) {
			Entry entry = entries.next();
			writeLine(output, digest,
					MAPPER.createObjectNode()
						.put("service", entry.key().serviceId())
						.put("instance", entry.key().instanceId())
						.put("lease", entry.leaseId())
						.put("value", entry.value()));
		}
		String checksum = HexFormat.of().formatHex(digest.digest());
		writeLine(output, digest, MAPPER.createObjectNode().put(CHECKSUM, checksum));
		output.flush();
	}

	private static void writeLine(OutputStream output, MessageDigest digest, ObjectNode line) throws IOException {
		output.write(update(digest, MAPPER.writeValueAsBytes(line)));
		output.write('\n');
	}

	private static MessageDigest sha256() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Reads the file.
	 * @param now the time
	 * @param maxAge how old it may be
	 * @param prefixes what it must contain, in this order
	 * @param most how many instances it may contain
	 * @return the snapshot, {@code null} if there is no file
	 * @throws InvalidSnapshotException if it cannot be used
	 * @throws IOException if it cannot be read
	 */
	@Nullable Snapshot read(Instant now, Duration maxAge, List<String> prefixes, int most) throws IOException {
		if (Files.notExists(this.file)) {
			return null;
		}
		requireTrustworthy();
		try (InputStream input = new BufferedInputStream(Files.newInputStream(this.file))) {
			MessageDigest digest = sha256();
			Snapshot header = header(update(digest, readLine(input)), now, maxAge, prefixes);
			List<Entry> entries = new ArrayList<>();
			byte[] line = readLine(input);
			JsonNode content = MAPPER.readTree(line);
			while (!content.has(CHECKSUM)) {
				if (entries.size() == most) {
					throw new InvalidSnapshotException("it contains more than %d instances".formatted(most));
				}
				entries.add(entry(content));
				update(digest, line);
				line = readLine(input);
				content = MAPPER.readTree(line);
			}
			String checksum = content.get(CHECKSUM).asString();
			if (input.read() != -1 || !checksum.equals(HexFormat.of().formatHex(digest.digest()))) {
				throw incomplete();
			}
			return new Snapshot(header.time(), header.positions(), entries);
		}
		catch (IllegalArgumentException | JacksonException ex) {
			throw incomplete();
		}
	}

	/** A user who can write to the file decides where calls go. */
	private void requireTrustworthy() throws IOException {
		if (!Files.isRegularFile(this.file)) {
			throw new InvalidSnapshotException("it is not a regular file");
		}
		if (isPosix() && Files.getPosixFilePermissions(this.file).contains(PosixFilePermission.OTHERS_WRITE)) {
			throw new InvalidSnapshotException("all users may write to it: expected permissions such as 600");
		}
		if (Files.exists(OWN_PROCESS)) {
			Object owner = Files.getAttribute(this.file, "unix:uid");
			if (!owner.equals(ROOT) && !owner.equals(Files.getAttribute(OWN_PROCESS, "unix:uid"))) {
				throw new InvalidSnapshotException("another user owns it (uid %s)".formatted(owner));
			}
		}
	}

	/** Returns the next line without its end. */
	private static byte[] readLine(InputStream input) throws IOException {
		ByteArrayOutputStream line = new ByteArrayOutputStream();
		for (int next = input.read(); next != '\n'; next = input.read()) {
			if (next == -1 || line.size() == LONGEST_LINE) {
				throw incomplete();
			}
			line.write(next);
		}
		return line.toByteArray();
	}

	private static byte[] update(MessageDigest digest, byte[] line) {
		digest.update(line);
		digest.update((byte) '\n');
		return line;
	}

	private static InvalidSnapshotException incomplete() {
		return new InvalidSnapshotException("it is not a complete snapshot, or somebody has changed it");
	}

	private static Snapshot header(byte[] line, Instant now, Duration maxAge, List<String> prefixes)
			throws InvalidSnapshotException {
		JsonNode header = MAPPER.readTree(line);
		int version = header.path(FORMAT).asInt(0);
		if (version != VERSION) {
			throw new InvalidSnapshotException((version == 0) ? "it is not a snapshot of etcd-discovery"
					: "it has version %d of the format: expected %d".formatted(version, VERSION));
		}
		List<Position> positions = new ArrayList<>();
		header.required("prefixes")
			.forEach((position) -> positions.add(new Position(position.required("prefix").asString(),
					position.required("epoch").asLong(), position.required("revision").asLong())));
		List<String> found = positions.stream().map(Position::prefix).toList();
		if (!found.equals(prefixes)) {
			throw new InvalidSnapshotException(
					"it is of the prefixes %s, but this application reads %s".formatted(found, prefixes));
		}
		Instant time = time(header.required("time").asString());
		if (time.isAfter(now.plus(CLOCK_SKEW))) {
			throw new InvalidSnapshotException("its time is %s, which is in the future".formatted(time));
		}
		if (time.isBefore(now.minus(maxAge))) {
			throw new InvalidSnapshotException("it is %d s old, but may be %d s old"
				.formatted(Duration.between(time, now).toSeconds(), maxAge.toSeconds()));
		}
		return new Snapshot(time, positions, List.of());
	}

	private static Instant time(String text) throws InvalidSnapshotException {
		try {
			return Instant.parse(text);
		}
		catch (DateTimeException ex) {
			throw incomplete();
		}
	}

	private static Entry entry(JsonNode line) {
		return new Entry(new InstanceKey(line.required("service").asString(), line.required("instance").asString()),
				line.required("lease").asLong(), line.required("value").asString());
	}

}
