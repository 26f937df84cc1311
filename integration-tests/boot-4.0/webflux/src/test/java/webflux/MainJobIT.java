package webflux;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.github.etcddiscovery.testsupport.ApplicationProcess;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The main job with WebFlux: real etcd, and applications in processes of their own.
 */
@RequiresEtcd
class MainJobIT {

	private static final Duration SOON = Duration.ofSeconds(20);

	private static EtcdProcess etcd;

	private static EtcdEyes eyes;

	private static ApplicationProcess first;

	private static ApplicationProcess second;

	private static ApplicationProcess caller;

	@BeforeAll
	static void start() {
		etcd = EtcdProcess.start(EtcdBinary.newest());
		eyes = new EtcdEyes(etcd.endpoint());
		first = start("orders");
		second = start("orders");
		caller = start("caller");
		await().atMost(SOON).until(() -> eyes.all("/services/").size() == 3);
	}

	@AfterAll
	static void stop() {
		caller.close();
		second.close();
		first.close();
		eyes.close();
		etcd.close();
	}

	@Test
	void callsReachBothInstancesThenOnlyTheOneThatIsLeft() {
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(answers()).containsOnly(port(first), port(second)));
		first.terminate();
		await().atMost(SOON).until(() -> eyes.all("/services/orders/").size() == 1);
		await().atMost(SOON).untilAsserted(() -> assertThat(answers()).containsOnly(port(second)));
		second.kill();
		await().atMost(SOON).until(() -> eyes.all("/services/orders/").isEmpty());
	}

	@Test
	void actuatorShowsEtcdAndTheRegistration() {
		assertThat(get("/actuator/health")).contains("\"etcd\":{").doesNotContain("DOWN");
		assertThat(get("/actuator/etcd")).contains("/services/caller/" + caller.instanceId());
		assertThat(get("/actuator/metrics/etcd.discovery.view.instances")).contains("\"value\":");
	}

	private static List<String> answers() {
		return IntStream.range(0, 6).mapToObj((call) -> get("/call/orders")).toList();
	}

	private static String get(String path) {
		return WebClient.create("http://" + caller.instanceId())
			.get()
			.uri(path)
			.retrieve()
			.bodyToMono(String.class)
			.onErrorMap((ex) -> new IllegalStateException(path + "\n" + caller.log(), ex))
			.block(SOON);
	}

	private static String port(ApplicationProcess application) {
		return Integer.toString(application.port());
	}

	private static ApplicationProcess start(String name) {
		return new ApplicationProcess(Map.of(),
				List.of("-jar", System.getProperty("sample.jar"), "--server.port=0", "--server.address=127.0.0.1",
						"--spring.application.name=" + name, "--spring.cloud.etcd.endpoints=" + etcd.endpoint(),
						"--spring.cloud.etcd.discovery.ttl=4s", "--spring.cloud.etcd.discovery.heartbeat=1s",
						"--management.endpoints.web.exposure.include=*", "--management.endpoint.health.show-details=always"));
	}

}
