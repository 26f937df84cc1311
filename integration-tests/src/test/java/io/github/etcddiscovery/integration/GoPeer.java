package io.github.etcddiscovery.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.etcddiscovery.testsupport.GoPrograms;
import io.github.etcddiscovery.testsupport.ServerProcess;

/**
 * A service in Go that registers itself and calls another one, with one of the Go
 * libraries under test: {@code src/test/go/peer}.
 */
final class GoPeer extends ServerProcess {

	private static final Pattern PORT = Pattern.compile("listening on (\\d+)");

	private static final Pattern REGISTERING = Pattern.compile("registering at (\\d+) ms");

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private static final Map<String, Path> PROGRAMS = new ConcurrentHashMap<>();

	private GoPeer(List<String> command) {
		super(Map.of(), PORT, command);
	}

	/**
	 * Starts one.
	 * @param etcd where etcd is
	 * @param format {@code go-kit}, {@code naming}, {@code grpc}, {@code go-zero},
	 * {@code kratos} or {@code kitex}
	 * @param own the prefix to register under
	 * @param other the prefix of the service to call
	 */
	static GoPeer start(String etcd, String format, String own, String other) {
		return new GoPeer(
				List.of(program(format).toString(), "-etcd", etcd, "-format", format, "-own", own, "-other", other));
	}

	/**
	 * go-zero refuses a cluster that its etcd client no longer supports, and client 3.7
	 * does not support etcd 3.5. So it is built with the client that it requires itself.
	 */
	private static Path program(String format) {
		String modules = format.equals("go-zero") ? "go-zero.mod" : "go.mod";
		return PROGRAMS.computeIfAbsent(modules, (file) -> GoPrograms.build("peer", file));
	}

	/** When it began to register, in milliseconds of the clock that both share. */
	long registeringSince() {
		port();
		Matcher begun = REGISTERING.matcher(log());
		begun.find();
		return Long.parseLong(begun.group(1));
	}

	/** The modules it was built from, with their versions. */
	String versions() {
		port();
		return log().lines().filter((line) -> line.startsWith("using ")).findFirst().orElseThrow();
	}

	/** What it says of itself. */
	String name() {
		return "go@127.0.0.1:" + port();
	}

	/** What the other service says when it is called. */
	String call() {
		return get("/call");
	}

	/** Has it register again with something else in its entry. */
	void change() {
		String refusal = get("/change");
		if (!refusal.isEmpty()) {
			throw new IllegalStateException(refusal);
		}
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
