package io.github.etcddiscovery.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.awaitility.Awaitility;

/**
 * A server in a process of its own, which listens on loopback and says so in its log.
 */
public class ServerProcess implements AutoCloseable {

	private static final Duration START_TIMEOUT = Duration.ofSeconds(180);

	private final Path log;

	private final Process process;

	private final Pattern listening;

	private int port;

	/**
	 * Starts one. {@link #port()} waits until it listens.
	 * @param environment further variables of its environment
	 * @param listening what it then says, with its port as the first group
	 * @param command the program and its arguments
	 */
	public ServerProcess(Map<String, String> environment, Pattern listening, List<String> command) {
		this.listening = listening;
		try {
			this.log = Files.createTempFile("server-", ".log");
			ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(this.log.toFile());
			builder.environment().putAll(environment);
			this.process = builder.start();
			// A build that is interrupted leaves nothing running.
			Runtime.getRuntime().addShutdownHook(new Thread(this.process::destroyForcibly));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	public final int port() {
		if (this.port != 0) {
			return this.port;
		}
		try {
			Awaitility.await("start of the server")
				.atMost(START_TIMEOUT)
				.failFast("it ended instead", () -> !this.process.isAlive())
				.until(() -> this.listening.matcher(log()).find());
		}
		catch (RuntimeException ex) {
			throw new IllegalStateException("The server did not start; it logged: " + log(), ex);
		}
		Matcher found = this.listening.matcher(log());
		found.find();
		this.port = Integer.parseInt(found.group(1));
		return this.port;
	}

	public final String instanceId() {
		return "127.0.0.1:" + port();
	}

	/** Asks it to end, as SIGTERM does. */
	public final void terminate() {
		this.process.destroy();
	}

	/** Stops it from running without ending it. */
	public final void freeze() {
		Programs.freeze(this.process);
	}

	/** Lets it run on after {@link #freeze()}. */
	public final void thaw() {
		Programs.thaw(this.process);
	}

	/** Ends it, as kill -9 does. */
	public final void kill() {
		this.process.destroyForcibly();
	}

	public final boolean awaitEnd() {
		try {
			return this.process.waitFor(30, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	final long pid() {
		return this.process.pid();
	}

	public final String log() {
		try {
			return Files.readString(this.log);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public final void close() {
		kill();
		awaitEnd();
		try {
			Files.deleteIfExists(this.log);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
