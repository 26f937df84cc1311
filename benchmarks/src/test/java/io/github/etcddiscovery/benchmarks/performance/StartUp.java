package io.github.etcddiscovery.benchmarks.performance;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.etcddiscovery.benchmarks.registries.RegistryServer;
import io.github.etcddiscovery.testsupport.Programs;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures how long the applications in the folder {@code start-up} take to start, from
 * the start of the process, and how many threads and loaded classes they have then. Each
 * application has its own jar. Each round starts all of them, one after the other.
 */
final class StartUp {

	/** One table for each version of Java, because their class caches differ. */
	static final String NAME = "start-up-" + Runtime.version().feature();

	static final String ALONE = "LoadBalancer alone";

	static final String STARTED_AFTER = "started after s";

	private static final Logger logger = LoggerFactory.getLogger(StartUp.class);

	private static final Pattern READY = Pattern.compile("ready (\\d+) (\\d+) (\\d+)");

	/** Since Java 25, one option creates the AOT cache, which replaces CDS. */
	private static final boolean AOT_CACHE = Runtime.version().feature() >= 25;

	private final Scale scale;

	StartUp(Scale scale) {
		this.scale = scale;
	}

	Result run() throws Exception {
		int rounds = this.scale.isSmall() ? 1 : 15;
		List<AutoCloseable> servers = new ArrayList<>();
		Result result = Result.of(NAME);
		try {
			List<Application> applications = applications(servers);
			for (Packaging packaging : Packaging.values()) {
				for (Application application : applications) {
					packaging.prepare(application);
				}
				measure(packaging, applications, rounds, result);
			}
		}
		finally {
			for (AutoCloseable server : servers) {
				server.close();
			}
		}
		result.write(this.scale.folder());
		return result;
	}

	private List<Application> applications(List<AutoCloseable> servers) throws Exception {
		List<Application> applications = new ArrayList<>();
		applications.add(new Application(ALONE, "loadbalancer", Map.of()));
		for (Source source : Source.registries()) {
			RegistryServer server = source.startServer();
			servers.add(server);
			String module = (source == Source.STARTER) ? "etcd" : (source == Source.EUREKA) ? "eureka" : "zookeeper";
			applications.add(new Application(source.toString(), module, server.properties()));
		}
		// Building Consul would take most of the time of a small run.
		if (!this.scale.isSmall()) {
			ConsulServer consul = new ConsulServer();
			servers.add(consul);
			applications.add(new Application("Spring Cloud Consul", "consul", consul.properties()));
		}
		return applications;
	}

	private static void measure(Packaging packaging, List<Application> applications, int rounds, Result result)
			throws Exception {
		Map<Application, Samples> times = new LinkedHashMap<>();
		Map<Application, Started> last = new LinkedHashMap<>();
		// The first round does not count: the operating system reads the files.
		for (int round = 0; round <= rounds; round++) {
			for (Application application : applications) {
				Started started = application.start(packaging);
				if (round > 0) {
					times.computeIfAbsent(application, (key) -> new Samples()).add(started.millis() * 1_000_000);
					last.put(application, started);
				}
			}
			logger.info("{}: {} of {} rounds", packaging, round, rounds);
		}
		double alone = times.get(applications.get(0)).medianMillis();
		times.forEach((application, samples) -> result.add("packaging", packaging.toString(), "application",
				application.title(), "n", samples.n(), STARTED_AFTER, samples.medianMillis() / 1_000, "at most s",
				samples.quantileMillis(1) / 1_000, "more s", (samples.medianMillis() - alone) / 1_000, "threads",
				last.get(application).threads(), "classes", last.get(application).classes()));
	}

	/**
	 * The way an application is packaged and run.
	 */
	enum Packaging {

		JAR("executable jar") {

			@Override
			Path folder(Application application) {
				return application.jar().getParent();
			}

		},

		EXTRACTED("extracted") {

			@Override
			void prepare(Application application) throws Exception {
				Files.createDirectories(folder(application));
				Process extraction = new ProcessBuilder(Programs.jdk("java"), "-Djarmode=tools", "-jar",
						application.jar().toString(), "extract", "--force", "--destination",
						folder(application).toString())
					.inheritIO()
					.start();
				if (extraction.waitFor() != 0) {
					throw new IllegalStateException(application.jar() + " could not be extracted");
				}
			}

		},

		CACHED(AOT_CACHE ? "extracted, with AOT cache" : "extracted, with CDS") {

			private final String cache = AOT_CACHE ? "application.aot" : "application.jsa";

			@Override
			void prepare(Application application) throws Exception {
				Files.deleteIfExists(folder(application).resolve(this.cache));
				application.run(folder(application),
						(AOT_CACHE ? "-XX:AOTCacheOutput=" : "-XX:ArchiveClassesAtExit=") + this.cache);
			}

			@Override
			List<String> options() {
				return List.of((AOT_CACHE ? "-XX:AOTCache=" : "-XX:SharedArchiveFile=") + this.cache);
			}

		};

		private final String title;

		Packaging(String title) {
			this.title = title;
		}

		Path folder(Application application) {
			return Path.of("target", "start-up", application.module()).toAbsolutePath();
		}

		void prepare(Application application) throws Exception {
		}

		List<String> options() {
			return List.of();
		}

		@Override
		public String toString() {
			return this.title;
		}

	}

	/**
	 * An application to measure.
	 *
	 * @param title its name in the table
	 * @param module its folder below {@code start-up}
	 * @param properties the address of its registry
	 */
	private record Application(String title, String module, Map<String, String> properties) {

		Path jar() {
			return Path.of("start-up", this.module, "target", "start-up-" + this.module + "-0.1.0-SNAPSHOT.jar")
				.toAbsolutePath();
		}

		Started start(Packaging packaging) throws Exception {
			return run(packaging.folder(this), packaging.options().toArray(String[]::new));
		}

		/** Starts the application, and ends it by SIGTERM as soon as it has started. */
		Started run(Path folder, String... options) throws IOException, InterruptedException {
			List<String> command = new ArrayList<>(List.of(Programs.jdk("java")));
			command.addAll(List.of(options));
			command.addAll(List.of("-jar", jar().getFileName().toString(), "--spring.application.name=orders",
					"--server.port=0", "--server.address=127.0.0.1"));
			this.properties.forEach((name, value) -> command.add("--" + name + "=" + value));
			long begun = System.currentTimeMillis();
			Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
			StringBuilder output = new StringBuilder();
			Started started = null;
			try (BufferedReader lines = new BufferedReader(
					new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
				for (String line = lines.readLine(); line != null; line = lines.readLine()) {
					output.append(line).append('\n');
					Matcher ready = READY.matcher(line);
					if (ready.matches()) {
						started = new Started(Long.parseLong(ready.group(1)) - begun, Integer.parseInt(ready.group(2)),
								Integer.parseInt(ready.group(3)));
						// Process.destroy() would close the output, and this loop reads
						// it.
						process.toHandle().destroy();
					}
				}
			}
			if (started == null || !process.waitFor(1, TimeUnit.MINUTES)) {
				throw new IllegalStateException(
						"%s did not start, or did not end within a minute: %s".formatted(command, output));
			}
			return started;
		}

	}

	/**
	 * The measurements of one start.
	 *
	 * @param millis how long it took
	 * @param threads how many threads there were then
	 * @param classes how many classes were loaded
	 */
	private record Started(long millis, int threads, int classes) {

	}

}
