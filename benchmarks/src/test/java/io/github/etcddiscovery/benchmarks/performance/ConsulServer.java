package io.github.etcddiscovery.benchmarks.performance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.ServerProcess;

/**
 * A Consul agent in development mode, built from its Go module.
 */
final class ConsulServer extends ServerProcess {

	private static final String MODULE = "github.com/hashicorp/consul";

	private static final String VERSION = "v1.21.0";

	/** Without a leader it refuses registrations. */
	private static final Pattern READY = Pattern
		.compile("address=127\\.0\\.0\\.1:(\\d+) network=tcp protocol=http(?s:.*)New leader elected");

	ConsulServer() throws IOException, InterruptedException {
		super(Map.of(), READY,
				List.of(build().toString(), "agent", "-dev", "-bind", "127.0.0.1", "-client", "127.0.0.1", "-http-port",
						next(), "-server-port", next(), "-serf-lan-port", next(), "-serf-wan-port", next(), "-dns-port",
						"-1", "-grpc-port", "-1", "-grpc-tls-port", "-1"));
	}

	private static String next() {
		return String.valueOf(LoopbackPorts.next());
	}

	/** Builds the agent unless an earlier run has. That takes about five minutes. */
	private static Path build() throws IOException, InterruptedException {
		Path folder = Files.createDirectories(Path.of("target", "consul")).toAbsolutePath();
		Path program = folder.resolve("consul");
		if (!Files.exists(program)) {
			Files.writeString(folder.resolve("go.mod"), "module consul\n\ngo 1.26\n");
			go(folder, "get", MODULE + "@" + VERSION);
			go(folder, "build", "-o", program.toString(), MODULE);
		}
		return program;
	}

	private static void go(Path folder, String... arguments) throws IOException, InterruptedException {
		ProcessBuilder go = new ProcessBuilder("go").directory(folder.toFile()).inheritIO();
		go.command().addAll(List.of(arguments));
		if (go.start().waitFor() != 0) {
			throw new IllegalStateException(go.command() + " failed");
		}
	}

	Map<String, String> properties() {
		return Map.of("spring.cloud.consul.host", "127.0.0.1", "spring.cloud.consul.port", String.valueOf(port()));
	}

}
