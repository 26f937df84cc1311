package io.github.etcddiscovery.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.slf4j.LoggerFactory;

/**
 * An etcd server program found on this machine: those that the environment variable
 * {@code ETCD_BINARIES} lists, separated by colons, oldest first, or else the one on the
 * path. With the system property {@code etcd.newest-only} only the last of them counts.
 */
public record EtcdBinary(Path path, String version) {

	private static final List<EtcdBinary> FOUND = find();

	static {
		LoggerFactory.getLogger(EtcdBinary.class)
			.info(FOUND.isEmpty() ? "No etcd found: tests that need a real one are skipped" : "Testing on {}", FOUND);
	}

	public static List<EtcdBinary> found() {
		return FOUND;
	}

	/** The newest one, for tests that need no more than one. */
	public static EtcdBinary newest() {
		return FOUND.get(FOUND.size() - 1);
	}

	/** Returns the minor version, such as {@code 3.6}. */
	public String minor() {
		return minorOf(this.version);
	}

	static String minorOf(String version) {
		return version.replaceFirst("^(\\d+\\.\\d+).*", "$1");
	}

	/** Whether the etcd project still maintains this version: 3.4 is out of support. */
	boolean isMaintained() {
		return !minor().equals("3.4");
	}

	private static List<EtcdBinary> find() {
		String listed = System.getenv("ETCD_BINARIES");
		Stream<Path> candidates = (listed != null && !listed.isBlank())
				? Arrays.stream(listed.split(":")).map(EtcdBinary::listed) : Programs.find("etcd").stream();
		List<Path> paths = candidates.distinct().toList();
		boolean newestOnly = Boolean.getBoolean("etcd.newest-only");
		return paths.stream()
			.skip(newestOnly ? Math.max(0, paths.size() - 1) : 0)
			.map((path) -> new EtcdBinary(path, versionOf(path)))
			.toList();
	}

	/** One that is listed but not there is a mistake. */
	private static Path listed(String name) {
		Path path = Path.of(name);
		if (!Files.isExecutable(path)) {
			throw new IllegalStateException("ETCD_BINARIES lists " + path + ", which is no program");
		}
		return path;
	}

	private static String versionOf(Path path) {
		try {
			Process process = new ProcessBuilder(path.toString(), "--version").redirectErrorStream(true).start();
			String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			Matcher version = Pattern.compile("etcd Version: (\\S+)").matcher(output);
			return version.find() ? version.group(1) : "unknown";
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public String toString() {
		return "etcd " + this.version + " (" + this.path + ")";
	}

}
