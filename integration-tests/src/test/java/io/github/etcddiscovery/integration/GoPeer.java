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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.etcddiscovery.testsupport.GoPrograms;
import io.github.etcddiscovery.testsupport.ServerProcess;

/**
 * A service in Go: the program in {@code src/test/go/peer}, built with Debian's packages
 * of go-kit and of etcd's client.
 */
final class GoPeer extends ServerProcess {

	private static final Pattern PORT = Pattern.compile("listening on (\\d+)");

	private static final Pattern REGISTERING = Pattern.compile("registering at (\\d+) ms");

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private static Path program;

	private GoPeer(List<String> command) {
		super(Map.of(), PORT, command);
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

	private static synchronized Path program() {
		if (program == null) {
			program = GoPrograms.build("peer");
		}
		return program;
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
