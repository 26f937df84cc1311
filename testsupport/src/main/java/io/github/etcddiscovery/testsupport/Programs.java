package io.github.etcddiscovery.testsupport;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Programs of this machine, and the processes they run in.
 */
public final class Programs {

	private Programs() {
	}

	/** Finds a program on the path. */
	public static Optional<Path> find(String name) {
		return Stream.of(System.getenv("PATH").split(File.pathSeparator))
			.map((folder) -> Path.of(folder, name))
			.filter(Files::isExecutable)
			.findFirst();
	}

	/** A tool of the JDK that runs this, such as {@code java}. */
	public static String jdk(String tool) {
		return Path.of(System.getProperty("java.home"), "bin", tool).toString();
	}

	/** Stops a process from running without ending it. */
	public static void freeze(Process process) {
		signal(process, "-STOP");
	}

	/** Lets a process run on after {@link #freeze}. */
	public static void thaw(Process process) {
		signal(process, "-CONT");
	}

	private static void signal(Process process, String signal) {
		try {
			awaitEnd(new ProcessBuilder("kill", signal, String.valueOf(process.pid())).start());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** Runs a command to its end, five minutes at most, and returns what it printed. */
	static String run(List<String> command) {
		try {
			Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
			process.onExit().orTimeout(5, TimeUnit.MINUTES).whenComplete((ended, late) -> {
				// Destroying a process that has ended closes its output, which is still
				// read.
				if (late != null) {
					process.destroyForcibly();
				}
			});
			String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			awaitEnd(process);
			if (process.exitValue() != 0) {
				throw new IllegalStateException(command + " failed: " + output);
			}
			return output;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** Waits until a process has ended, which must not take long. */
	static void awaitEnd(Process process) {
		try {
			if (!process.waitFor(10, TimeUnit.SECONDS)) {
				throw new IllegalStateException("Process " + process.pid() + " does not end");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
