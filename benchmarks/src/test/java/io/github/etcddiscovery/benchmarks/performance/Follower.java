package io.github.etcddiscovery.benchmarks.performance;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.testsupport.GoPrograms;
import io.github.etcddiscovery.testsupport.Programs;

/**
 * A {@link Following} in a process of its own, or its like in Go.
 */
final class Follower implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(120);

	private final Kind kind;

	private final Process process;

	private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

	/** Starts one, and waits until it has read all. */
	static Follower start(Kind kind, String endpoint, String... javaOptions) throws Exception {
		Follower follower = new Follower(kind, endpoint, javaOptions);
		follower.await("reading");
		return follower;
	}

	private Follower(Kind kind, String endpoint, String... javaOptions) throws IOException {
		this.kind = kind;
		List<String> command = new ArrayList<>();
		if (kind == Kind.GO_KIT) {
			command
				.addAll(List.of(goKit().toString(), "-etcd", endpoint, "-prefix", kind.prefix(), "-key", kind.probe()));
		}
		else {
			command.add(Programs.jdk("java"));
			command.addAll(List.of(javaOptions));
			command.addAll(List.of("-cp", System.getProperty("java.class.path"), Following.class.getName(), kind.name(),
					endpoint));
		}
		this.process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
		Runtime.getRuntime().addShutdownHook(new Thread(this.process::destroyForcibly));
		Thread reader = new Thread(this::read, "follower-" + kind);
		reader.setDaemon(true);
		reader.start();
	}

	private static synchronized Path goKit() {
		return GoPrograms.build("gokit");
	}

	private void read() {
		try (BufferedReader reader = new BufferedReader(
				new InputStreamReader(this.process.getInputStream(), StandardCharsets.UTF_8))) {
			String line = reader.readLine();
			while (line != null) {
				this.lines.add(line);
				line = reader.readLine();
			}
		}
		catch (IOException ex) {
			// It was closed.
		}
	}

	Kind kind() {
		return this.kind;
	}

	/**
	 * Waits until it sees an instance at this port, 0 for none; returns when that was.
	 */
	long awaitSeen(int port) throws InterruptedException {
		String expected = (port != 0) ? String.valueOf(port) : "";
		while (true) {
			String[] parts = next().split(" ", 2);
			if (parts[0].matches("\\d+") && (parts[1].equals(expected) || hasPort(parts[1], port))) {
				return Long.parseLong(parts[0]);
			}
		}
	}

	private static boolean hasPort(String value, int port) {
		return port != 0 && value.contains("\"port\":" + port + ",");
	}

	/** Waits until its load balancer chooses that, after it was seen; returns when. */
	long awaitChosen(int port) throws InterruptedException {
		String expected = (port != 0) ? String.valueOf(port) : "";
		while (true) {
			String[] parts = next().split(" ", 3);
			if (parts[0].equals("chosen") && parts[2].equals(expected)) {
				return Long.parseLong(parts[1]);
			}
		}
	}

	/** How many entries it has decoded. */
	long decoded() throws IOException, InterruptedException {
		this.process.getOutputStream().write('\n');
		this.process.getOutputStream().flush();
		return Long.parseLong(await("decoded ").substring("decoded ".length()));
	}

	/** What it has used of the processors so far. */
	Duration cpu() {
		return this.process.info().totalCpuDuration().orElseThrow();
	}

	private String await(String beginning) throws InterruptedException {
		while (true) {
			String line = next();
			if (line.startsWith(beginning)) {
				return line;
			}
		}
	}

	private String next() throws InterruptedException {
		long deadline = System.nanoTime() + PATIENCE.toNanos();
		while (System.nanoTime() < deadline) {
			String line = this.lines.poll(1, TimeUnit.SECONDS);
			if (line != null) {
				return line;
			}
			if (!this.process.isAlive() && this.lines.isEmpty()) {
				throw new IllegalStateException(this.kind + " has ended");
			}
		}
		throw new IllegalStateException(this.kind + " has said nothing for " + PATIENCE);
	}

	@Override
	public void close() {
		this.process.destroyForcibly();
		try {
			this.process.waitFor(10, TimeUnit.SECONDS);
			this.process.getInputStream().close();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
