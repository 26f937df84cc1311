package io.github.etcddiscovery.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.sun.net.httpserver.HttpServer;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.EtcdVersions;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import io.github.etcddiscovery.testsupport.Programs;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The main job, end to end: real etcd, real applications in processes of their own. The
 * order of the methods is that of a life: found, joined, left, killed.
 */
@OnEveryEtcd(EtcdVersions.ALL)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MainJobIT {

	private static final Duration SOON = Duration.ofSeconds(20);

	private static final String[] FAST_LEASE = { "--spring.cloud.etcd.discovery.ttl=4s",
			"--spring.cloud.etcd.discovery.heartbeat=1s" };

	@Parameter
	private EtcdBinary binary;

	private static EtcdProcess etcd;

	private static EtcdEyes eyes;

	private static SampleProcess first;

	private static SampleProcess second;

	private static SampleProcess caller;

	@BeforeParameterizedClassInvocation
	static void start(EtcdBinary binary) {
		etcd = EtcdProcess.start(binary);
		eyes = new EtcdEyes(etcd.endpoint());
		first = SampleProcess.start("sample-app", etcd.endpoint(), FAST_LEASE);
		second = SampleProcess.start("sample-app", etcd.endpoint(), FAST_LEASE);
		caller = SampleProcess.start("caller", etcd.endpoint(), FAST_LEASE);
	}

	@AfterParameterizedClassInvocation
	static void stop() {
		caller.close();
		second.close();
		first.close();
		eyes.close();
		etcd.close();
	}

	@Test
	@Order(1)
	void etcdHoldsJustTheRecordsUnderLeasesOfTheTtl() throws IOException {
		assumeTrue(System.getenv("CI") != null || Programs.find("etcdctl").isPresent(), "No etcdctl on the path");
		caller.awaitInstances(first, second);
		await().atMost(SOON).until(() -> eyes.all("/services/").size() == 3);
		List<String> expected = Stream
			.of(record("caller", caller), record("sample-app", first), record("sample-app", second))
			.flatMap(List::stream)
			.toList();
		assertThat(etcdctl("get", "--prefix", "/services/").replaceAll("\"started\":\"[-0-9T:]+Z\"", "").lines())
			.hasSize(6)
			.containsExactlyInAnyOrderElementsOf(expected);
		assertThat(eyes.leasesOf("/services/")).hasSize(3)
			.doesNotHaveDuplicates()
			.allSatisfy((lease) -> assertThat(eyes.grantedTtl(lease)).isEqualTo(4));
	}

	private static List<String> record(String service, SampleProcess process) {
		return List.of("/services/%s/127.0.0.1:%d".formatted(service, process.port()),
				"{\"serviceId\":\"%s\",\"instanceId\":\"127.0.0.1:%2$d\",\"host\":\"127.0.0.1\",\"port\":%2$d,\"secure\":false,\"status\":\"UP\",\"metadata\":{}}"
					.formatted(service, process.port()));
	}

	@ParameterizedTest
	@Order(2)
	@ValueSource(strings = { "rest-template", "rest-client", "web-client" })
	void callsReachBothInstancesInTurn(String client) {
		caller.awaitInstances(first, second);
		List<String> answers = IntStream.range(0, 10).mapToObj((i) -> call(client)).toList();
		for (int i = 2; i < answers.size(); i++) {
			assertThat(answers.get(i)).isEqualTo(answers.get(i - 2)).isNotEqualTo(answers.get(i - 1));
		}
		assertThat(answers).containsOnly(greeting(first), greeting(second));
	}

	@Test
	@Order(3)
	void instanceIsCalledWithinMomentsOfItsKeyAndNotAnyMoreOnceThatHasGone() throws IOException {
		caller.awaitInstances(first, second);
		for (int i = 0; i < 100; i++) {
			call("rest-client");
		}
		long before = System.nanoTime();
		for (int i = 0; i < 30; i++) {
			call("rest-client");
		}
		Duration threeCalls = Duration.ofNanos(System.nanoTime() - before).dividedBy(10);
		HttpServer newcomer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
		String id = "127.0.0.1:" + newcomer.getAddress().getPort();
		byte[] answer = "{\"service\":\"sample-app\",\"instance\":\"newcomer\"}".getBytes(StandardCharsets.UTF_8);
		newcomer.createContext("/hello", (exchange) -> {
			exchange.getResponseHeaders().add("Content-Type", "application/json");
			exchange.sendResponseHeaders(200, answer.length);
			exchange.getResponseBody().write(answer);
			exchange.close();
		});
		newcomer.start();
		try {
			List<Long> delays = new ArrayList<>();
			for (int i = 0; i < 9; i++) {
				eyes.put("/services/sample-app/" + id, """
						{"host":"127.0.0.1","port":%d}""".formatted(newcomer.getAddress().getPort()));
				long put = System.nanoTime();
				await().atMost(SOON)
					.pollInterval(Duration.ofMillis(1))
					.until(() -> call("rest-client").contains("newcomer"));
				delays.add(Duration.ofNanos(System.nanoTime() - put).toMillis());
				eyes.delete("/services/sample-app/" + id);
				await().atMost(SOON).until(() -> !caller.instancesOf("sample-app").contains(id));
				assertThat(IntStream.range(0, 6).mapToObj((call) -> call("rest-client")))
					.noneMatch((greeting) -> greeting.contains("newcomer"));
			}
			// One of three calls goes to each of three instances, however slow the
			// machine is.
			assertThat(delays.stream().sorted().toList().get(delays.size() / 2)).as("median of %s ms", delays)
				.isLessThan(threeCalls.plusMillis(100).toMillis());
		}
		finally {
			newcomer.stop(0);
		}
	}

	@Test
	@Order(4)
	void thirdInstanceJoinsAndLeavesBeforeItStopsServing() {
		caller.awaitInstances(first, second);
		try (SampleProcess third = SampleProcess.start("sample-app", etcd.endpoint(),
				"--spring.cloud.etcd.discovery.drain=3s")) {
			caller.awaitInstances(first, second, third);
			assertThat(IntStream.range(0, 6).mapToObj((i) -> call("web-client"))).contains(greeting(third));
			String key = "/services/sample-app/" + third.instanceId();
			List<String> events = new CopyOnWriteArrayList<>();
			CompletableFuture<String> servedAfterwards = new CompletableFuture<>();
			watch(key, (event) -> {
				events.add(event);
				if (event.equals("DELETE")) {
					servedAfterwards.completeAsync(() -> third.get("/hello"));
				}
			});
			third.terminate();
			assertThat(servedAfterwards).succeedsWithin(SOON)
				.asString()
				.as("still serving although its key has gone")
				.isEqualTo(greeting(third));
			assertThat(events).hasSize(2);
			assertThat(events.get(0)).contains("OUT_OF_SERVICE");
			assertThat(third.awaitEnd()).isTrue();
			assertThat(IntStream.range(0, 6).mapToObj((i) -> call("rest-template"))).doesNotContain(greeting(third));
		}
	}

	@Test
	@Order(5)
	void killedInstanceIsForgottenWhenItsLeaseRunsOut() {
		caller.awaitInstances(first, second);
		second.kill();
		assertThat(second.awaitEnd()).isTrue();
		await().atMost(SOON).until(() -> eyes.all("/services/sample-app/").size() == 1);
		caller.awaitInstances(first);
		assertThat(IntStream.range(0, 6).mapToObj((i) -> call("web-client"))).containsOnly(greeting(first));
	}

	private String call(String client) {
		return caller.get("/call/" + client + "/sample-app");
	}

	private static String greeting(SampleProcess process) {
		return "{\"service\":\"sample-app\",\"instance\":\"" + process.instanceId() + "\"}";
	}

	private void watch(String key, Consumer<String> listener) {
		WatchOption option = WatchOption.builder().withRevision(eyes.revision() + 1).build();
		eyes.client().getWatchClient().watch(EtcdEyes.bytes(key), option, Watch.listener((response) -> {
			for (WatchEvent event : response.getEvents()) {
				boolean put = event.getEventType() == WatchEvent.EventType.PUT;
				listener.accept(put ? event.getKeyValue().getValue().toString() : "DELETE");
			}
		}));
	}

	private String etcdctl(String... arguments) throws IOException {
		List<String> command = new ArrayList<>(List.of("etcdctl", "--endpoints", etcd.endpoint()));
		command.addAll(List.of(arguments));
		Process etcdctl = new ProcessBuilder(command).redirectErrorStream(true).start();
		return new String(etcdctl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
	}

}
