package io.github.etcddiscovery.integration;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.GoPrograms;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.ServerProcess;
import io.github.etcddiscovery.testsupport.TestApplications;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A reader and a writer in Go that implement docs/record-format.md.
 */
@RequiresEtcd
@RequiresGo
class RecordFormatTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private final List<ServerProcess> processes = new ArrayList<>();

	RecordFormatTests() {
		super(EtcdBinary.newest());
	}

	@AfterEach
	void endProcesses() {
		this.processes.forEach(ServerProcess::close);
	}

	@Test
	void readerInGoFollowsAnApplicationFromItsStartToItsEnd() {
		ServerProcess reader = go("read", "orders");
		awaitLast(reader, "instances: []");
		ConfigurableApplicationContext orders = Stock.start(this.applications, Orders.class, "orders",
				"spring.main.web-application-type=servlet", "spring.cloud.etcd.discovery.zone=eu-1");
		String address = "127.0.0.1:" + TestApplications.port(orders);
		String instance = address + "=" + address + "/eu-1";
		awaitLast(reader, "instances: [" + instance + "]");
		AvailabilityChangeEvent.publish(orders, ReadinessState.REFUSING_TRAFFIC);
		awaitLast(reader, "instances: []");
		AvailabilityChangeEvent.publish(orders, ReadinessState.ACCEPTING_TRAFFIC);
		awaitLast(reader, "instances: [" + instance + "]");
		EtcdRegistration registration = orders.getBean(EtcdRegistration.class);
		orders.getBean(EtcdServiceRegistry.class).changeMetadata(registration, "zone", "eu-2");
		awaitLast(reader, "instances: [" + instance.replace("eu-1", "eu-2") + "]");
		this.eyes.put("/services/orders/bad", "{\"host\":\"10.0.0.5\"}");
		this.eyes.put("/services/orders/later", "{\"host\":\"10.0.0.5\",\"port\":1,\"status\":\"RESTING\",\"new\":[]}");
		orders.close();
		awaitLast(reader, "instances: []");
	}

	@Test
	void writerInGoIsFoundLeavesInOrderAndComesBackAfterItsLease() {
		ConfigurableApplicationContext caller = Stock.start(this.applications, Orders.class, "caller",
				"spring.cloud.etcd.discovery.register=false");
		ServerProcess writer = go("write", "stock");
		String key = "/services/stock/" + writer.instanceId();
		await().atMost(SOON).until(() -> instances(caller).size() == 1);
		assertThat(instances(caller).get(0).getMetadata()).containsEntry("zone", "eu-1");
		assertThat(instances(caller).get(0).getPort()).isEqualTo(writer.port());
		long lease = this.eyes.get(key).getLease();
		this.eyes.revoke(lease);
		await().atMost(SOON).until(() -> this.eyes.get(key) != null && this.eyes.get(key).getLease() != lease);
		this.eyes.delete(key);
		await().atMost(SOON).until(() -> this.eyes.get(key) != null);
		writer.terminate();
		await().atMost(SOON).until(() -> instances(caller).isEmpty());
		assertThat(writer.awaitEnd()).isTrue();
		assertThat(this.eyes.all("/services/stock/")).isEmpty();
	}

	private ServerProcess go(String what, String service) {
		ServerProcess process = new ServerProcess(Map.of(), Pattern.compile("listening on (\\d+)"), List
			.of(GoPrograms.build("record").toString(), what, "-etcd", this.etcd.endpoint(), "-service", service));
		this.processes.add(process);
		return process;
	}

	private static void awaitLast(ServerProcess reader, String line) {
		await().atMost(SOON)
			.untilAsserted(
					() -> assertThat(reader.log().lines().filter((found) -> found.startsWith("instances"))).last()
						.isEqualTo(line));
	}

	private static List<ServiceInstance> instances(ConfigurableApplicationContext caller) {
		return caller.getBean(DiscoveryClient.class).getInstances("stock");
	}

}
