package io.github.etcddiscovery.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Programs in Go, built with Debian's packages of go-kit and of etcd's client.
 */
public final class GoPrograms {

	/** What to install where they cannot be built. */
	public static final String MISSING = "No Go with etcd's client and go-kit: expected Debian's golang-go,"
			+ " golang-etcd-server-dev and golang-github-go-kit-kit-dev";

	private static final Path SOURCES = Path.of("/usr/share/gocode");

	private GoPrograms() {
	}

	public static boolean canBeBuilt() {
		return Programs.find("go").isPresent() && Stream.of("go.etcd.io/etcd/clientv3", "github.com/go-kit/kit/sd/lb")
			.allMatch((source) -> Files.isDirectory(SOURCES.resolve("src").resolve(source)));
	}

	/**
	 * Builds the program in the folder {@code src/test/go/<name>} of this module. Go
	 * keeps what it has compiled for the next time.
	 */
	public static Path build(String name) {
		Path built = Path.of("target", "go-" + name).toAbsolutePath();
		ProcessBuilder go = new ProcessBuilder("go", "build", "-o", built.toString(), ".")
			.directory(Path.of("src", "test", "go", name).toFile())
			.inheritIO();
		go.environment().putAll(Map.of("GO111MODULE", "off", "GOPATH", SOURCES.toString(), "GOFLAGS", ""));
		try {
			Process build = go.start();
			if (!build.waitFor(5, TimeUnit.MINUTES) || build.exitValue() != 0) {
				build.destroyForcibly();
				throw new IllegalStateException("The program in Go could not be built");
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
		return built;
	}

}
