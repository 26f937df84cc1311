package io.github.etcddiscovery.benchmarks.performance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.etcddiscovery.benchmarks.registries.RegistryServer;
import io.github.etcddiscovery.testsupport.Programs;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long an application takes to be ready, from the start of its process, and how many
 * threads and classes it has then. All have the same class path, and take turns.
 */
final class StartUp {

	static final String NAME = "start-up";

	static final String ALONE = "LoadBalancer alone";

	static final String READY_AFTER = "ready after s";

	private static final Logger logger = LoggerFactory.getLogger(StartUp.class);

	private static final Pattern READY = Pattern.compile("ready (\\d+) (\\d+) (\\d+)");

	private final Scale scale;

	StartUp(Scale scale) {
		this.scale = scale;
	}

	Result run() throws Exception {
		int rounds = this.scale.isSmall() ? 1 : 9;
		Map<String, Samples> times = new LinkedHashMap<>();
		Map<String, Matcher> last = new HashMap<>();
		Map<String, Map<String, String>> applications = new LinkedHashMap<>(Map.of(ALONE, Map.of()));
		List<RegistryServer> servers = new ArrayList<>();
		try {
			for (Source source : Source.registries()) {
				servers.add(source.startServer());
				applications.put(source.toString(), servers.get(servers.size() - 1).properties());
			}
			for (int round = 0; round < rounds; round++) {
				for (Map.Entry<String, Map<String, String>> application : applications.entrySet()) {
					Matcher ready = start(application.getValue());
					times.computeIfAbsent(application.getKey(), (name) -> new Samples())
						.add(Long.parseLong(ready.group(1)) * 1_000_000);
					last.put(application.getKey(), ready);
				}
				logger.info("{} of {} rounds", round + 1, rounds);
			}
		}
		finally {
			for (RegistryServer server : servers) {
				server.close();
			}
		}
		Result result = Result.of(NAME);
		double alone = times.get(ALONE).medianMillis();
		times.forEach((name, samples) -> result.add("application", name, "n", samples.n(), READY_AFTER,
				samples.medianMillis() / 1_000, "at most s", samples.quantileMillis(1) / 1_000, "more s",
				(samples.medianMillis() - alone) / 1_000, "threads", Integer.valueOf(last.get(name).group(2)),
				"classes", Integer.valueOf(last.get(name).group(3))));
		result.write(this.scale.folder());
		return result;
	}

	private static Matcher start(Map<String, String> properties) throws IOException {
		List<String> command = new ArrayList<>(List.of(Programs.jdk("java"), "-cp",
				System.getProperty("java.class.path"), Starting.class.getName(), "--spring.application.name=orders",
				"--server.port=0", "--server.address=127.0.0.1", "--spring.main.web-application-type=servlet"));
		properties.forEach((name, value) -> command.add("--" + name + "=" + value));
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		Matcher ready = READY.matcher(output);
		if (!ready.find()) {
			throw new IllegalStateException("It did not start: " + output);
		}
		return ready;
	}

}
