package io.github.etcddiscovery.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.testsupport.ApplicationProcess;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;
import tools.jackson.databind.json.JsonMapper;

/**
 * The sample application in a process of its own, on a random port.
 */
final class SampleProcess extends ApplicationProcess {

	private final HttpClient http = HttpClient.newHttpClient();

	private SampleProcess(List<String> program, List<String> settings, String... arguments) {
		this(Map.of(), program, settings, arguments);
	}

	private SampleProcess(Map<String, String> environment, List<String> program, List<String> settings,
			String... arguments) {
		super(environment, command(program, settings, arguments));
	}

	private static List<String> command(List<String> program, List<String> settings, String... arguments) {
		List<String> command = new ArrayList<>(program);
		command.addAll(settings);
		command.addAll(List.of(arguments));
		return command;
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

	/** By what was generated ahead of time, if the build asks for that. */
	private static List<String> packaged() {
		return List.of("-Dspring.aot.enabled=" + Boolean.getBoolean("sample.ahead-of-time"), "-jar",
				System.getProperty("sample.jar"));
	}

	private static List<String> settings(String service, String etcd) {
		return List.of("--server.port=0", "--spring.application.name=" + service,
				"--spring.cloud.etcd.endpoints=" + etcd);
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

}
