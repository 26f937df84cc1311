package io.github.etcddiscovery.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.options.WatchOption;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdRegistrationCustomizer;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.context.refresh.ContextRefresher;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;

import static io.github.etcddiscovery.testsupport.TestApplications.port;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Spring Cloud's refresh of a real application whose configuration file changes.
 */
@RequiresEtcd
@ExtendWith(OutputCaptureExtension.class)
class RefreshTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final String DISCOVERY = "spring.cloud.etcd.discovery.";

	private final EtcdBinary binary;

	private final EtcdProcess etcd;

	private final EtcdEyes eyes;

	private final TestApplications applications;

	@TempDir
	private Path folder;

	private ConfigurableApplicationContext context;

	private String key;

	private KeyValue before;

	RefreshTests() {
		this.binary = EtcdBinary.newest();
		this.etcd = EtcdProcess.start(EtcdBinary.newest());
		this.eyes = new EtcdEyes(this.etcd.endpoint());
		this.applications = new TestApplications(this.etcd.endpoint());
	}

	@BeforeEach
	void start() throws IOException {
		configure("spring.cloud.etcd.endpoints=" + this.etcd.endpoint());
		start("servlet");
		this.key = "/services/orders/127.0.0.1:" + port(this.context);
		this.before = this.eyes.get(this.key);
	}

	private void start(String type) {
		Map<String, String> properties = this.applications.properties("orders",
				"spring.config.import=file:" + configuration());
		properties.remove("spring.cloud.etcd.endpoints");
		properties.put("spring.main.web-application-type", type);
		this.context = TestApplications.run(new SpringApplicationBuilder(Application.class), properties);
	}

	@AfterEach
	void stop() {
		this.context.close();
		this.eyes.close();
		this.etcd.close();
	}

	@ParameterizedTest
	@CsvSource({ "metadata.team=a, \"team\":\"a\"", "zone=eu-1, \"zone\":\"eu-1\"", "secure=true, \"secure\":true",
			"format=grpc, \"Addr\":\"127.0.0.1:" })
	void changedPropertyOfTheRecordChangesItInPlace(String property, String expected) throws IOException {
		refresh(DISCOVERY + property);
		await().atMost(SOON).until(() -> this.eyes.get(this.key).getValue().toString().contains(expected));
		KeyValue after = this.eyes.get(this.key);
		assertThat(after.getLease()).isEqualTo(this.before.getLease());
		assertThat(after.getCreateRevision()).isEqualTo(this.before.getCreateRevision());
		assertThat(after.getVersion()).isEqualTo(this.before.getVersion() + 1);
		assertThat(after.getValue().toString()).as("customizers are asked again").contains("\"customized\":\"yes\"");
	}

	@ParameterizedTest
	@CsvSource({ "service-name=invoices, /services/invoices/127.0.0.1:", "instance-id=a, /services/orders/a",
			"host=localhost, /services/orders/localhost:" })
	void recordWhoseKeyChangesIsWrittenThereBeforeItIsTakenAwayHere(String property, String movedTo)
			throws IOException {
		List<String> seen = new CopyOnWriteArrayList<>();
		try (Watch.Watcher watcher = this.eyes.client()
			.getWatchClient()
			.watch(EtcdEyes.bytes("/services/"),
					WatchOption.builder().isPrefix(true).withRevision(this.before.getModRevision() + 1).build(),
					(response) -> response.getEvents()
						.forEach((event) -> seen.add(event.getEventType() + " " + event.getKeyValue().getKey())))) {
			refresh(DISCOVERY + property);
			await().atMost(SOON).until(() -> seen.contains("DELETE " + this.key));
			assertThat(seen.get(0)).startsWith("PUT " + movedTo);
			assertThat(this.eyes.all("/services/").keySet()).singleElement().asString().startsWith(movedTo);
		}
	}

	@Test
	void randomValuesStayAtEveryRefresh() throws IOException {
		String id = DISCOVERY + "instance-id=${spring.application.name}-${random.value}\n";
		String run = DISCOVERY + "metadata.run=${random.uuid}\n";
		refresh(id + run);
		await().atMost(SOON).until(() -> this.eyes.get(this.key) == null);
		Map<String, String> registered = this.eyes.all("/services/orders/");
		assertThat(registered).hasSize(1);
		long revision = this.eyes.revision();
		refresh(id + run + "some.other=property");
		assertThat(this.context.getBean(EtcdRegistration.class).getInstanceId())
			.isEqualTo(registered.keySet().iterator().next().substring("/services/orders/".length()));
		assertThat(this.eyes.all("/services/orders/")).isEqualTo(registered);
		assertThat(this.eyes.revision()).isEqualTo(revision);
		refresh(id + run + DISCOVERY + "metadata.team=a");
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.eyes.all("/services/orders/").values()).singleElement()
				.asString()
				.contains("\"team\":\"a\""));
		assertThat(this.eyes.all("/services/orders/")).containsOnlyKeys(registered.keySet());
		String uuid = this.context.getBean(EtcdRegistration.class).getMetadata().get("run");
		assertThat(registered.values().iterator().next()).contains(uuid);
		refresh(DISCOVERY + "instance-id=${random.value}\n" + run);
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.eyes.all("/services/orders/")).hasSize(1)
				.doesNotContainKeys(registered.keySet().toArray(String[]::new)));
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void addressIsChosenAgainAtARefreshAndWhenTheConnectionComesBack(boolean outage) throws IOException {
		// Stands for an interface that has got another address.
		this.context.getEnvironment()
			.getPropertySources()
			.addFirst(new MapPropertySource("moved", Map.of("server.address", "127.0.0.2")));
		if (outage) {
			this.etcd.kill();
			await().atMost(SOON).until(() -> isConnectionLost());
			this.etcd.startAgain();
		}
		else {
			refresh("some.other=property");
		}
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.eyes.all("/services/orders/"))
				.containsOnlyKeys("/services/orders/127.0.0.2:" + port(this.context)));
	}

	private boolean isConnectionLost() {
		return this.context.getBean(ServiceView.class).failure() != null;
	}

	@Test
	void secondRecordComesAndGoesWithItsProperties() throws IOException {
		refresh(DISCOVERY + "write-also.service-prefix=/legacy/orders\n" + DISCOVERY + "write-also.format=address");
		String address = "127.0.0.1:" + port(this.context);
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.eyes.all("/legacy/"))
				.containsExactly(Map.entry("/legacy/orders/" + address, address)));
		refresh("");
		await().atMost(SOON).untilAsserted(() -> assertThat(this.eyes.all("/legacy/")).isEmpty());
		assertThat(this.eyes.get(this.key).getCreateRevision()).isEqualTo(this.before.getCreateRevision());
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.cloud.etcd.request-timeout=1500ms", "spring.cloud.etcd.endpoints=localhost" })
	void changedConnectionIsUsedAndTheRegistrationStays(String property, CapturedOutput output) throws IOException {
		String changed = property.endsWith("localhost")
				? property + this.etcd.endpoint().replaceAll(".*(:[0-9]+)$", "$1") : property;
		refresh(changed);
		assertThat(output).contains("Connected to etcd at").contains("from now on");
		this.eyes.put("/services/stock/a", "{\"host\":\"h\",\"port\":1}");
		await().atMost(SOON).until(() -> !this.context.getBean(DiscoveryClient.class).getInstances("stock").isEmpty());
		awaitRenewal(this.before.getLease());
		assertThat(this.eyes.get(this.key).getVersion()).isEqualTo(this.before.getVersion());
		assertThat(this.eyes.get(this.key).getLease()).isEqualTo(this.before.getLease());
	}

	@Test
	void changedConnectionToAnotherClusterRegistersThereAndDiscoversWhatIsThere() throws IOException {
		try (EtcdProcess other = EtcdProcess.start(this.binary); EtcdEyes otherEyes = new EtcdEyes(other.endpoint())) {
			otherEyes.put("/services/stock/a", "{\"host\":\"h\",\"port\":1}");
			refresh("spring.cloud.etcd.endpoints=" + other.endpoint());
			await().atMost(SOON).until(() -> otherEyes.get(this.key) != null);
			DiscoveryClient discovery = this.context.getBean(DiscoveryClient.class);
			await().atMost(SOON).until(() -> discovery.getServices().equals(List.of("orders", "stock")));
			this.context.close();
			assertThat(otherEyes.all("/services/orders/")).isEmpty();
		}
	}

	@ParameterizedTest
	@CsvSource({ "spring.cloud.etcd.endpoints=127.0.0.1:1, Connection refused",
			"spring.cloud.etcd.endpoints=ftp://h:1, is 'ftp://h:1'",
			"spring.cloud.etcd.ca-cert=/missing.pem, cannot be read" })
	void connectionThatCannotBeUsedIsRefusedAndTheOldOneStays(String property, String reason, CapturedOutput output)
			throws IOException {
		refresh(property);
		assertThat(output).contains("Staying connected to etcd as before").contains(reason);
		this.eyes.put("/services/stock/a", "{\"host\":\"h\",\"port\":1}");
		await().atMost(SOON).until(() -> !this.context.getBean(DiscoveryClient.class).getInstances("stock").isEmpty());
		refresh("");
		assertThat(this.eyes.get(this.key).getVersion()).isEqualTo(this.before.getVersion());
	}

	@Test
	void recordThatCannotBeRegisteredIsRefusedAndTheOldOneStays(CapturedOutput output) throws IOException {
		refresh(DISCOVERY + "host=user@evil");
		assertThat(output).contains("Staying registered as before")
			.contains("'spring.cloud.etcd.discovery.host' is 'user@evil'");
		assertThat(this.eyes.get(this.key).getVersion()).isEqualTo(this.before.getVersion());
	}

	@Test
	void refreshThatTakesTheOnlyPortAwayIsRefusedAndReadinessStillWorks(CapturedOutput output) throws IOException {
		this.context.close();
		configure("spring.cloud.etcd.endpoints=" + this.etcd.endpoint() + "\n" + DISCOVERY + "port=4711");
		start("none");
		refresh("");
		assertThat(output).contains("Staying registered as before").contains("Invalid port '0'");
		AvailabilityChangeEvent.publish(this.context, ReadinessState.REFUSING_TRAFFIC);
		await().atMost(SOON)
			.until(() -> this.eyes.get("/services/orders/127.0.0.1:4711").getValue().toString().contains("OUT_OF"));
	}

	@Test
	void whatACallbackOrTheApplicationItselfHasAddedStays() throws IOException {
		this.context.getBean(EtcdRegistration.class).getMetadata().put("added", "by hand");
		refresh(DISCOVERY + "metadata.team=a");
		await().atMost(SOON).until(() -> this.eyes.get(this.key).getValue().toString().contains("\"team\":\"a\""));
		assertThat(this.eyes.get(this.key).getValue().toString()).contains("\"added\":\"by hand\"");
		refresh("");
		await().atMost(SOON).until(() -> !this.eyes.get(this.key).getValue().toString().contains("team"));
		assertThat(this.eyes.get(this.key).getValue().toString()).contains("\"added\":\"by hand\"");
	}

	@Test
	void connectionThatCannotBeUsedIsRefusedDuringAnOutageToo(CapturedOutput output) throws IOException {
		this.etcd.kill();
		await().atMost(SOON).until(() -> output.toString().contains("No connection to etcd"));
		refresh("spring.cloud.etcd.endpoints=127.0.0.1:1");
		assertThat(output).contains("Staying connected to etcd as before");
		this.etcd.startAgain();
		this.eyes.put("/services/stock/a", "{\"host\":\"h\",\"port\":1}");
		await().atMost(SOON).until(() -> !this.context.getBean(DiscoveryClient.class).getInstances("stock").isEmpty());
	}

	@Test
	void customizerThatThrowsKeepsTheRecordAndLetsTheRefreshGoOn(CapturedOutput output) throws IOException {
		refresh(DISCOVERY + "metadata.team=throw");
		assertThat(output).contains("Staying registered as before").contains("thrown on purpose");
		assertThat(this.eyes.get(this.key).getVersion()).isEqualTo(this.before.getVersion());
	}

	@Test
	void propertyThatNeedsANewStartSaysSo(CapturedOutput output) throws IOException {
		refresh(DISCOVERY + "ttl=20s");
		assertThat(output).contains("spring.cloud.etcd.discovery.ttl has changed: it takes effect at the next start");
	}

	@Test
	void remoteClusterComesChangesAndGoes(CapturedOutput output) throws IOException {
		String us = DISCOVERY + "remotes.us.";
		DiscoveryClient client = this.context.getBean(DiscoveryClient.class);
		try (EtcdProcess other = EtcdProcess.start(this.binary); EtcdEyes otherEyes = new EtcdEyes(other.endpoint())) {
			otherEyes.put("/services/stock/1", "{\"host\":\"10.0.0.5\",\"port\":80}");
			refresh(us + "endpoints=" + other.endpoint() + "\n" + us + "register=true");
			await().atMost(SOON).until(() -> client.getInstances("stock").size() == 1);
			await().atMost(SOON).until(() -> otherEyes.all("/services/orders/").size() == 1);
			refresh(us + "endpoints=" + other.endpoint() + "\n" + us + "register=true\n" + us + "prefix=/elsewhere");
			await().atMost(SOON).until(() -> otherEyes.all("/elsewhere/orders/").size() == 1);
			assertThat(otherEyes.all("/services/orders/")).isEmpty();
			refresh(us + "endpoints=" + other.endpoint());
			assertThat(otherEyes.all("/elsewhere/orders/")).isEmpty();
			assertThat(client.getInstances("stock")).as("the new view was read before it was used").hasSize(1);
			refresh("some.other=property");
			assertThat(client.getInstances("stock")).isEmpty();
		}
		assertThat(this.eyes.get(this.key).getModRevision()).isEqualTo(this.before.getModRevision());
		assertThat(output).contains("Remote clusters are now [us]")
			.contains("Remote clusters are now []")
			.doesNotContain("takes effect at the next start");
	}

	@Test
	void otherRefreshesDoNothing(CapturedOutput output) throws IOException {
		refresh("some.other=property");
		this.context.getBean(ContextRefresher.class).refresh();
		awaitRenewal(this.before.getLease());
		assertThat(this.eyes.get(this.key).getModRevision()).isEqualTo(this.before.getModRevision());
		assertThat(output).doesNotContain("from now on").doesNotContain("takes effect at the next start");
	}

	/** Waits until a lease, of ten seconds, has been renewed. */
	private void awaitRenewal(long lease) {
		await().atMost(SOON).until(() -> this.eyes.remainingTtl(lease) <= 8);
		await().atMost(SOON).until(() -> this.eyes.remainingTtl(lease) == 9);
	}

	private void refresh(String property) throws IOException {
		configure("spring.cloud.etcd.endpoints=" + this.etcd.endpoint() + "\n" + property);
		this.context.getBean(ContextRefresher.class).refresh();
	}

	private void configure(String properties) throws IOException {
		Files.writeString(configuration(), properties);
	}

	private Path configuration() {
		return this.folder.resolve("application.properties");
	}

	/**
	 * An application with a customizer.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		EtcdRegistrationCustomizer customizer() {
			return (EtcdRegistration registration) -> {
				if ("throw".equals(registration.getMetadata().get("team"))) {
					throw new IllegalStateException("thrown on purpose");
				}
				registration.getMetadata().put("customized", "yes");
			};
		}

	}

}
