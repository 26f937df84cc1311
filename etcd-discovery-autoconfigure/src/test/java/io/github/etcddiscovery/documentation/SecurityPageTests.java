package io.github.etcddiscovery.documentation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.etcd.jetcd.Client;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.PutOption;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.cloud.discovery.EtcdDiscoveryClient;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import io.github.etcddiscovery.testsupport.Programs;
import io.github.etcddiscovery.testsupport.TestApplications;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.health.registry.HealthContributorRegistry;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static io.github.etcddiscovery.testsupport.EtcdEyes.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The roles of the page, made by its own commands, and what they are good for. Skipped
 * without etcdctl; in CI it is required.
 */
@OnEveryEtcd
class SecurityPageTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final Document PAGE = Document.of("docs/security.md");

	private static final String PASSWORD = "change-me";

	private final EtcdProcess etcd;

	private final TestApplications applications;

	SecurityPageTests(EtcdBinary binary) {
		assumeTrue(Programs.find("etcdctl").isPresent() || System.getenv("CI") != null, "No etcdctl on the path");
		this.etcd = EtcdProcess.start(binary);
		this.applications = new TestApplications(this.etcd.endpoint());
	}

	@BeforeEach
	void runTheCommandsOfThePage() throws IOException {
		run("user add root:root");
		run("role add root");
		run("user grant-role root root");
		run("auth enable");
		for (String block : PAGE.blocks("bash")) {
			for (String line : block.lines().toList()) {
				assertThat(line).startsWith("etcdctl ");
				asRoot(line.substring("etcdctl ".length()));
			}
		}
	}

	@AfterEach
	void stop() {
		this.applications.close();
		this.etcd.close();
	}

	@Test
	void applicationRegistersComesBackAndLeavesInItsRole() throws IOException {
		ConfigurableApplicationContext orders = start("orders", "orders", "management.server.port=0");
		await().atMost(SOON).until(() -> asRoot("get --prefix --keys-only /services/").lines().count() == 4);
		assertThat(status(orders)).isEqualTo(Status.UP);
		orders.getBean(EtcdDiscoveryClient.class).probe();
		String key = asRoot("get --prefix --keys-only /services/orders/").strip();
		String lease = asRoot("lease list").lines().skip(1).findFirst().orElseThrow();
		asRoot("lease revoke " + lease);
		await("back under another lease").atMost(SOON)
			.until(() -> asRoot("get --keys-only " + key).strip().equals(key) && !asRoot("lease list").contains(lease));
		await().atMost(SOON).until(() -> orders.getBean(EtcdServiceRegistry.class).getStatistics().registered() == 2);
		orders.close();
		assertThat(asRoot("get --prefix --keys-only /services/")).isBlank();
		assertThat(asRoot("lease list").lines()).hasSize(1);
	}

	@Test
	void applicationCannotTouchAnotherService() throws IOException {
		asRoot("put /services/stock/10.0.0.5:80 {\"host\":\"10.0.0.5\",\"port\":80}");
		ConfigurableApplicationContext orders = start("orders", "orders");
		await().atMost(SOON).until(() -> !orders.getBean(EtcdDiscoveryClient.class).getInstances("stock").isEmpty());
		EtcdRegistration foreign = new EtcdRegistration("stock", null, "10.0.0.6", 80, false, Map.of());
		EtcdServiceRegistry registry = orders.getBean(EtcdServiceRegistry.class);
		assertThatExceptionOfType(EtcdException.class).isThrownBy(() -> registry.register(foreign))
			.withMessageContaining("/services/stock/10.0.0.6:80")
			.withMessageContaining("permission denied");
		registry.deregister(foreign);
		for (String command : List.of("put /services/stock/10.0.0.5:80 x", "del /services/stock/10.0.0.5:80",
				"put /services/orders-of-others/1 x", "get /other")) {
			assertThat(as("orders", command)).contains("permission denied");
		}
		assertThat(orders.getBean(EtcdDiscoveryClient.class).getInstances("stock")).extracting(ServiceInstance::getHost)
			.containsExactly("10.0.0.5");
	}

	@Test
	void readerFindsServicesAndWritesNothing() throws IOException {
		asRoot("put /services/stock/10.0.0.5:80 {\"host\":\"10.0.0.5\",\"port\":80}");
		ConfigurableApplicationContext reader = start("reader", "reader", "spring.cloud.etcd.discovery.register=false");
		await().atMost(SOON)
			.until(() -> reader.getBean(EtcdDiscoveryClient.class).getServices().equals(List.of("stock")));
		assertThat(status(reader)).isEqualTo(Status.UP);
		assertThat(as("reader", "put /services/reader/1 x")).contains("permission denied");
	}

	/** As the page says, so that it is noticed when that changes. */
	@ParameterizedTest
	@ValueSource(
			strings = { "lease list", "lease timetolive --keys LEASE", "member list", "endpoint status", "alarm list" })
	void readerOfAllServicesMayDoThis(String command) throws IOException {
		assertThat(as("reader", command.replace("LEASE", lease()))).doesNotContain("denied").doesNotContain("Error");
	}

	@ParameterizedTest
	@ValueSource(strings = { "lease keep-alive --once LEASE", "lease revoke LEASE",
			"put --lease=LEASE /services/stock/2 x", "compact 2", "user list", "role get orders", "endpoint hashkv" })
	void readerOfAllServicesMayNotDoThis(String command) throws IOException {
		assertThat(as("reader", command.replace("LEASE", lease()))).contains("permission denied");
	}

	@ParameterizedTest
	@ValueSource(strings = { "lease list", "lease timetolive --keys LEASE", "lease keep-alive --once LEASE" })
	void userWhoMayNotReadAllServicesSeesNoLeases(String command) throws IOException {
		asRoot("role add billing");
		asRoot("role grant-permission billing --prefix=true read /services/stock/");
		asRoot("user add billing:" + PASSWORD);
		asRoot("user grant-role billing billing");
		assertThat(as("billing", command.replace("LEASE", lease()))).contains("permission denied");
	}

	@Test
	void nobodyMayHangAKeyOnALeaseOfAnotherNotEvenInATransaction() throws IOException {
		asRoot("role add stock");
		asRoot("role grant-permission stock --prefix=true readwrite /services/stock/");
		asRoot("user add stock:" + PASSWORD);
		asRoot("user grant-role stock stock");
		String lease = lease();
		assertThat(as("stock", "put --lease=" + lease + " /services/stock/1 x")).contains("permission denied");
		try (Client stock = Client.builder()
			.endpoints(this.etcd.endpoint())
			.user(bytes("stock"))
			.password(bytes(PASSWORD))
			.build()) {
			CompletableFuture<TxnResponse> transaction = stock.getKVClient()
				.txn()
				.Then(Op.put(bytes("/services/stock/1"), bytes("x"),
						PutOption.builder().withLeaseId(Long.parseUnsignedLong(lease, 16)).build()))
				.commit();
			assertThat(transaction).failsWithin(Duration.ofSeconds(10))
				.withThrowableThat()
				.withMessageContaining("permission denied");
		}
	}

	/** A lease of another, with a key. */
	private String lease() throws IOException {
		String lease = as("orders", "lease grant 60").split(" ")[1];
		as("orders", "put --lease=" + lease + " /services/orders/1 x");
		return lease;
	}

	private ConfigurableApplicationContext start(String name, String user, String... properties) {
		List<String> all = new ArrayList<>(List.of(properties));
		all.add("spring.main.web-application-type=servlet");
		all.add("spring.cloud.etcd.username=" + user);
		all.add("spring.cloud.etcd.password=" + PASSWORD);
		return this.applications.start(Application.class, name, all.toArray(String[]::new));
	}

	private static Status status(ConfigurableApplicationContext context) {
		return ((HealthIndicator) context.getBean(HealthContributorRegistry.class).getContributor("etcd")).health()
			.getStatus();
	}

	private String asRoot(String command) throws IOException {
		return run("--user=root:root " + command);
	}

	private String as(String user, String command) throws IOException {
		return run("--user=" + user + ":" + PASSWORD + " " + command);
	}

	/** Runs etcdctl, and returns what it says. */
	private String run(String command) throws IOException {
		List<String> line = new ArrayList<>(
				List.of("etcdctl", "--endpoints=" + this.etcd.endpoint(), "--command-timeout=5s"));
		line.addAll(List.of(command.split(" ")));
		Process etcdctl = new ProcessBuilder(line).redirectErrorStream(true).start();
		return new String(etcdctl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
