package io.github.etcddiscovery.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

import io.github.etcddiscovery.testsupport.InstalledCondition;

/**
 * The wall clock of a process, to be turned while it runs: by libfaketime, which Debian
 * packages as {@code faketime}. The monotonic clock is left alone, as it is when somebody
 * sets the time of a machine.
 */
final class TurnedClock implements AutoCloseable {

	private static final String LIBRARY = "libfaketimeMT.so.1";

	private final Path file;

	TurnedClock() {
		try {
			this.file = Files.createTempFile("clock-", "");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		turn(Duration.ZERO);
	}

	private static Optional<Path> library() {
		Path libraries = Path.of("/usr/lib");
		if (!Files.isDirectory(libraries)) {
			return Optional.empty();
		}
		try (Stream<Path> files = Files.find(libraries, 3,
				(path, attributes) -> path.endsWith(Path.of("faketime", LIBRARY)))) {
			return files.findFirst();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	Map<String, String> environment() {
		return Map.of("LD_PRELOAD", library().orElseThrow().toString(), "FAKETIME_TIMESTAMP_FILE", this.file.toString(),
				"FAKETIME_CACHE_DURATION", "1", "DONT_FAKE_MONOTONIC", "1", "FAKETIME_DONT_RESET", "1");
	}

	/** Sets it so that it differs by this from the true time, within a second. */
	void turn(Duration difference) {
		try {
			Path next = Files.writeString(Path.of(this.file + ".next"), "%+d\n".formatted(difference.toSeconds()));
			Files.move(next, this.file, StandardCopyOption.ATOMIC_MOVE);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		try {
			Files.delete(this.file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Whether clocks can be turned here.
	 */
	static final class Condition extends InstalledCondition {

		@Override
		protected String name() {
			return "faketime";
		}

		@Override
		protected boolean isInstalled() {
			return library().isPresent();
		}

		@Override
		protected String missing() {
			return "No faketime/" + LIBRARY + " under /usr/lib, which comes with Debian's package faketime";
		}

	}

}
