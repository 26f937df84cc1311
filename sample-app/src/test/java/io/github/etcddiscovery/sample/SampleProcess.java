package io.github.etcddiscovery.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.etcddiscovery.testing.Programs;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;
import tools.jackson.databind.json.JsonMapper;

/**
 * The sample application in a process of its own, on a random port.
 */
final class SampleProcess implements AutoCloseable {

	private static final Duration START_TIMEOUT = Duration.ofSeconds(90);

	private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");

	private final HttpClient http = HttpClient.newHttpClient();

	private final Path log;

	private final Process process;

	private int port;

	private SampleProcess(List<String> program, List<String> settings, String... arguments) {
		this(Map.of(), program, settings, arguments);
	}

	private SampleProcess(Map<String, String> environment, List<String> program, List<String> settings,
			String... arguments) {
		List<String> command = new ArrayList<>(List.of(jdk("java"), "-Xmx192m", "-XX:TieredStopAtLevel=1"));
		command.addAll(program);
		command.addAll(settings);
		command.addAll(List.of(arguments));
		try {
			this.log = Files.createTempFile("sample-", ".log");
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

	/** Starts the packaged one. {@link #port()} waits until it listens. */
	static SampleProcess start(String service, String etcd, String... arguments) {
		return new SampleProcess(packaged(), settings(service, etcd), arguments);
	}

	/** Starts the packaged one by a clock that can be turned. */
	static SampleProcess start(TurnedClock clock, String service, String etcd, String... arguments) {
		return new SampleProcess(clock.environment(), packaged(), settings(service, etcd), arguments);
	}

	/** Starts the packaged one as it is, without telling it where etcd is. */
	static SampleProcess startAsItIs(String... arguments) {
		return new SampleProcess(packaged(), List.of(), arguments);
	}

	/** Starts one from its classes, as in a development environment. */
	static SampleProcess startFromClasses(String classPath, String service, String etcd, String... arguments) {
		return new SampleProcess(List.of("-cp", classPath, SampleApplication.class.getName()), settings(service, etcd),
				arguments);
	}

	private static List<String> packaged() {
		return List.of("-jar", System.getProperty("sample.jar"));
	}

	private static List<String> settings(String service, String etcd) {
		return List.of("--server.port=0", "--spring.application.name=" + service,
				"--spring.cloud.etcd.endpoints=" + etcd);
	}

	private static String jdk(String tool) {
		return Path.of(System.getProperty("java.home"), "bin", tool).toString();
	}

	int port() {
		if (this.port != 0) {
			return this.port;
		}
		Awaitility.await("start of the sample application")
			.atMost(START_TIMEOUT)
			.failFast("it ended instead", () -> !this.process.isAlive())
			.until(() -> PORT.matcher(log()).find());
		Matcher port = PORT.matcher(log());
		port.find();
		this.port = Integer.parseInt(port.group(1));
		return this.port;
	}

	String instanceId() {
		return "127.0.0.1:" + port();
	}

	String get(String path) {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
			.timeout(Duration.ofSeconds(10))
			.build();
		try {
			HttpResponse<String> response = this.http.send(request, HttpResponse.BodyHandlers.ofString());
			if (response.statusCode() != 200) {
				throw new IllegalStateException(path + " answered " + response.statusCode() + ": " + response.body());
			}
			return response.body();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(path + "\n" + log(), ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/** The instances of a service that it sees. */
	List<String> instancesOf(String service) {
		return JsonMapper.shared()
			.readTree(get("/instances"))
			.path(service)
			.valueStream()
			.map((instance) -> instance.path("id").asString())
			.toList();
	}

	/** Waits until it sees just these instances of the sample. */
	void awaitInstances(SampleProcess... expected) {
		List<String> ids = Arrays.stream(expected).map(SampleProcess::instanceId).toList();
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.ignoreExceptions()
			.untilAsserted(
					() -> Assertions.assertThat(instancesOf("sample-app")).containsExactlyInAnyOrderElementsOf(ids));
	}

	/** Asks it to end, as SIGTERM does. */
	void terminate() {
		this.process.destroy();
	}

	/** Stops it from running without ending it. */
	void freeze() {
		Programs.freeze(this.process);
	}

	/** Lets it run on after {@link #freeze()}. */
	void thaw() {
		Programs.thaw(this.process);
	}

	/** Ends it, as kill -9 does. */
	void kill() {
		this.process.destroyForcibly();
	}

	boolean awaitEnd() {
		try {
			return this.process.waitFor(30, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	/** The names of its threads. */
	List<String> threads() {
		try {
			Process dump = new ProcessBuilder(jdk("jcmd"), String.valueOf(this.process.pid()), "Thread.print")
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

	String log() {
		try {
			return Files.readString(this.log);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
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
