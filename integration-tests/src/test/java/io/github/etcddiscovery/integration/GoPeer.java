package io.github.etcddiscovery.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.github.etcddiscovery.testing.Programs;
import io.github.etcddiscovery.testing.ServerProcess;

/**
 * A service in Go: the program in {@code src/test/go/peer}, built with Debian's packages
 * of go-kit and of etcd's client.
 */
final class GoPeer extends ServerProcess {

	private static final Path SOURCES = Path.of("/usr/share/gocode");

	private static final Pattern PORT = Pattern.compile("listening on (\\d+)");

	private static final Pattern REGISTERING = Pattern.compile("registering at (\\d+) ms");

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private static Path program;

	private GoPeer(List<String> command) {
		super(Map.of(), PORT, command);
	}

	static boolean canBeBuilt() {
		return Programs.find("go").isPresent() && Stream.of("go.etcd.io/etcd/clientv3", "github.com/go-kit/kit/sd/lb")
			.allMatch((source) -> Files.isDirectory(SOURCES.resolve("src").resolve(source)));
	}

	/**
	 * Starts one.
	 * @param etcd where etcd is
	 * @param format {@code go-kit}, {@code naming} or {@code grpc}
	 * @param own the prefix to register under
	 * @param other the prefix of the service to call
	 */
	static GoPeer start(String etcd, String format, String own, String other) {
		return new GoPeer(
				List.of(program().toString(), "-etcd", etcd, "-format", format, "-own", own, "-other", other));
	}

	/** Built once; Go keeps what it has compiled for the next time. */
	private static synchronized Path program() {
		if (program != null) {
			return program;
		}
		Path built = Path.of("target", "go-peer").toAbsolutePath();
		ProcessBuilder go = new ProcessBuilder("go", "build", "-o", built.toString(), ".")
			.directory(Path.of("src", "test", "go", "peer").toFile())
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
		program = built;
		return built;
	}

	/** When it began to register, in milliseconds of the clock that both share. */
	long registeringSince() {
		port();
		Matcher begun = REGISTERING.matcher(log());
		begun.find();
		return Long.parseLong(begun.group(1));
	}

	/** What it says of itself. */
	String name() {
		return "go@127.0.0.1:" + port();
	}

	/** What the other service says when it is called. */
	String call() {
		return get("/call");
	}

	/** What it knows of the other service. */
	List<String> instances() {
		return get("/instances").lines().toList();
	}

	private String get(String path) {
		try {
			return HTTP
				.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path)).build(),
						BodyHandlers.ofString())
				.body();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
