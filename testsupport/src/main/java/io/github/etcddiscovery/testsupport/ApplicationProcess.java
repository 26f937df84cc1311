package io.github.etcddiscovery.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A Spring Boot application on Tomcat or Jetty in a process of its own, which listens on
 * loopback.
 */
public class ApplicationProcess extends ServerProcess {

	private static final Pattern PORT = Pattern.compile("(?:Tomcat|Jetty|Netty) started on port (\\d+)");

	/**
	 * Starts one. {@link #port()} waits until it listens.
	 * @param environment further variables of its environment
	 * @param arguments of the JVM: options, what to run, and the application's own
	 */
	public ApplicationProcess(Map<String, String> environment, List<String> arguments) {
		super(environment, PORT, command(arguments));
	}

	private static List<String> command(List<String> arguments) {
		List<String> command = new ArrayList<>(List.of(Programs.jdk("java"), "-Xmx192m", "-XX:TieredStopAtLevel=1"));
		command.addAll(arguments);
		return command;
	}

	/** The names of its threads. */
	public final List<String> threads() {
		try {
			Process dump = new ProcessBuilder(Programs.jdk("jcmd"), String.valueOf(pid()), "Thread.print")
				.redirectErrorStream(true)
				.start();
			String text = new String(dump.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			return Pattern.compile("^\"(.*)\" #", Pattern.MULTILINE)
				.matcher(text)
				.results()
				.map((match) -> match.group(1))
				.toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
