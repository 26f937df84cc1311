package io.github.etcddiscovery.integration;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.Programs;

/**
 * Docker on the command line, and images of etcd that need no registry.
 */
final class Docker {

	private static final String PROBE = "etcd-discovery/probe:1";

	private static final String MISSING = findMissing();

	private Docker() {
	}

	/** Says what is missing, {@code null} if nothing is. */
	static String missing() {
		return MISSING;
	}

	private static String findMissing() {
		if (EtcdBinary.found().isEmpty()) {
			return "there is no etcd to make an image of";
		}
		try {
			run(Path.of("."), "docker", "info");
			run(Path.of("."), compose("version"));
			// An engine that answers may not be allowed to run anything.
			makeImage(PROBE);
			try {
				run(Path.of("."), "docker", "run", "--rm", "--publish=2379", PROBE, "etcd", "--version");
			}
			finally {
				removeImage(PROBE);
			}
			return null;
		}
		catch (IllegalStateException | UncheckedIOException ex) {
			return ex.getMessage();
		}
	}

	/**
	 * Makes an image of the newest etcd that is installed, unless there is one by this
	 * name.
	 * @return whether it was made, and may be removed
	 */
	static boolean makeImage(String name) {
		try {
			run(Path.of("."), "docker", "image", "inspect", name);
			return false;
		}
		catch (IllegalStateException ex) {
			String etcd = EtcdBinary.newest().path().toString();
			List<String> tar = new ArrayList<>(List.of("tar", "--create", "--dereference", "--absolute-names",
					"--transform=s,^.*/etcd$,/usr/local/bin/etcd,", etcd));
			tar.addAll(libraries(etcd));
			await(List.of("docker", "import"),
					start(new ProcessBuilder(tar),
							new ProcessBuilder("docker", "import", "--change=ENV PATH=/usr/local/bin",
									"--change=EXPOSE 2379", "--change=CMD [\"/usr/local/bin/etcd\"]", "-", name)));
			return true;
		}
	}

	/** Returns the libraries that a program needs, none if it is linked statically. */
	private static List<String> libraries(String program) {
		try {
			return Pattern.compile("(/\\S+) \\(0x")
				.matcher(run(Path.of("."), "ldd", program))
				.results()
				.map((MatchResult library) -> library.group(1))
				.toList();
		}
		catch (IllegalStateException ex) {
			// ldd fails for a program that is not dynamic
			return List.of();
		}
	}

	static void removeImage(String name) {
		run(Path.of("."), "docker", "image", "rm", name);
	}

	/** The command, as a plugin of Docker's or a program of its own. */
	static String[] compose(String... arguments) {
		List<String> command = new ArrayList<>(
				Programs.find("docker-compose").isPresent() ? List.of("docker-compose") : List.of("docker", "compose"));
		command.addAll(List.of(arguments));
		return command.toArray(String[]::new);
	}

	/** Returns what it prints. */
	static String run(Path folder, String... command) {
		return await(List.of(command), start(new ProcessBuilder(command).directory(folder.toFile())));
	}

	private static Process start(ProcessBuilder... commands) {
		try {
			for (ProcessBuilder command : commands) {
				command.redirectError(ProcessBuilder.Redirect.appendTo(new File("target/docker.log")));
			}
			List<Process> processes = ProcessBuilder.startPipeline(List.of(commands));
			return processes.get(processes.size() - 1);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String await(List<String> command, Process process) {
		try {
			String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
				throw new IllegalStateException(String.join(" ", command) + " failed: see target/docker.log");
			}
			return output;
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
