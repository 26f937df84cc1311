package io.github.etcddiscovery.cloud.registration;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.etcd.jetcd.KeyValue;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.serviceregistry.Registration;
import org.springframework.cloud.client.serviceregistry.RegistrationLifecycle;
import org.springframework.cloud.client.serviceregistry.RegistrationManagementLifecycle;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static io.github.etcddiscovery.testsupport.TestApplications.port;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Real applications with the actuator, whose management server may listen on a port of
 * its own.
 */
@RequiresEtcd
@ExtendWith(OutputCaptureExtension.class)
class ManagementRegistrationTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final String ORDERS = "/services/orders/";

	private static final String MANAGEMENT = "/services/orders-management/";

	/** There are two servers on the path of these tests. */
	private static final String ONE_REACTIVE_SERVER = "spring.autoconfigure.exclude="
			+ "org.springframework.boot.tomcat.autoconfigure.reactive.TomcatReactiveWebServerAutoConfiguration,"
			+ "org.springframework.boot.tomcat.autoconfigure.actuate.web.server.TomcatReactiveManagementContextAutoConfiguration";

	private static final String RANDOM_PORT = "management.server.port=0";

	ManagementRegistrationTests() {
		super(EtcdBinary.newest());
	}

	@ParameterizedTest
	@ValueSource(strings = { "servlet", "reactive" })
	void managementPortIsASecondRecordUnderALeaseOfItsOwn(String type) {
		ConfigurableApplicationContext context = this.applications.start(Application.class, "orders", RANDOM_PORT,
				"spring.main.web-application-type=" + type, ONE_REACTIVE_SERVER,
				"spring.cloud.etcd.discovery.metadata.of=application",
				"spring.cloud.etcd.discovery.management-metadata.of=management",
				"spring.cloud.etcd.discovery.zone=eu-1");
		int managementPort = context.getEnvironment().getRequiredProperty("local.management.port", Integer.class);
		assertThat(managementPort).isNotEqualTo(port(context));
		KeyValue application = this.eyes.get(ORDERS + "127.0.0.1:" + port(context));
		KeyValue management = this.eyes.get(MANAGEMENT + "127.0.0.1:" + managementPort);
		assertThat(management.getLease()).isNotEqualTo(application.getLease()).isNotZero();
		assertThat(application.getValue().toString())
			.contains("\"of\":\"application\"", "\"zone\":\"eu-1\"", "\"management.port\":\"" + managementPort + "\"")
			.doesNotContain("management_of", "management.context-path", "management.scheme", "health.path");
		assertThat(management.getValue().toString())
			.contains("\"of\":\"management\"", "\"zone\":\"eu-1\"", "\"management_of\":\"orders\"")
			.doesNotContain("management.port");
		DiscoveryClient discovery = context.getBean(DiscoveryClient.class);
		await().atMost(SOON).until(() -> !discovery.getInstances("orders-management").isEmpty());
		assertThat(discovery.getServices()).as("what a gateway makes routes of").containsExactly("orders");
		context.close();
		assertThat(this.eyes.all("/services/")).isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "servlet,", "reactive,", "reactive,management.endpoints.web.exposure.include=*",
			"servlet,management.server.port=-1", "none,spring.cloud.etcd.discovery.port=4711",
			"servlet,management.server.port=0 spring.cloud.service-registry.auto-registration.register-management=false" })
	void thereIsNoManagementRecordWithoutAPortOfItsOwn(String type, String properties) {
		String[] all = ("spring.main.web-application-type=" + type + ((properties != null) ? " " + properties : ""))
			.split(" ");
		this.applications.start(Application.class, "orders", all);
		assertThat(this.eyes.all("/services/")).hasSize(1);
	}

	@Test
	void managementServerThatListensOnAParticularAddressIsAdvertisedThere() {
		ConfigurableApplicationContext context = this.applications.start(Application.class, "orders", RANDOM_PORT,
				"management.server.address=127.0.0.2", "spring.cloud.etcd.discovery.metadata.of=application");
		assertThat(this.eyes.all(MANAGEMENT).values()).singleElement()
			.asString()
			.contains("\"host\":\"127.0.0.2\"")
			.doesNotContain("\"of\"");
		assertThat(this.eyes.all(ORDERS)).containsOnlyKeys(ORDERS + "127.0.0.1:" + port(context));
	}

	@Test
	void managementPortThatIsSaidIsAdvertised() {
		String[] properties = Stream
			.concat(Stream.of(RANDOM_PORT),
					Document.properties(Document.of("docs/deployment.md").blocks("yaml").get(0))
						.entrySet()
						.stream()
						.map((property) -> property.getKey() + "=" + property.getValue()))
			.toArray(String[]::new);
		this.applications.start(Application.class, "orders", properties);
		assertThat(this.eyes.all("/services/")).containsOnlyKeys(ORDERS + "docker-1.example:18080",
				MANAGEMENT + "docker-1.example:18081");
		assertThat(this.eyes.all(ORDERS).values()).singleElement().asString().contains("\"management.port\":\"18081\"");
	}

	@Test
	void managementPortBehindAMappedPortIsLeftOutWithAWarning(CapturedOutput output) {
		this.applications.start(Application.class, "orders", RANDOM_PORT, "spring.cloud.etcd.discovery.port=18080");
		assertThat(this.eyes.all("/services/")).containsOnlyKeys(ORDERS + "127.0.0.1:18080");
		assertThat(this.eyes.all(ORDERS).values()).singleElement().asString().doesNotContain("management.port");
		assertThat(output).contains("Not registering orders-management: spring.cloud.etcd.discovery.port (18080)")
			.contains("Set spring.cloud.etcd.discovery.management-port");
	}

	@Test
	void hostThatIsSaidAloneLeavesThePortsAsTheyAreBound() {
		ConfigurableApplicationContext context = this.applications.start(Application.class, "orders", RANDOM_PORT,
				"spring.cloud.etcd.discovery.host=localhost");
		int managementPort = context.getEnvironment().getRequiredProperty("local.management.port", Integer.class);
		assertThat(this.eyes.all("/services/")).containsOnlyKeys(ORDERS + "localhost:" + port(context),
				MANAGEMENT + "localhost:" + managementPort);
	}

	@Test
	void customizersSeeBothRegistrationsWithTheirPorts() {
		ConfigurableApplicationContext context = this.applications.start(Customized.class, "orders", RANDOM_PORT);
		int managementPort = context.getEnvironment().getRequiredProperty("local.management.port", Integer.class);
		assertThat(this.eyes.all(ORDERS).values()).singleElement()
			.asString()
			.contains("\"seen\":\"" + port(context) + "\"");
		assertThat(this.eyes.all(MANAGEMENT).values()).singleElement()
			.asString()
			.contains("\"seen\":\"management " + managementPort + "\"");
		context.stop();
		context.start();
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.eyes.all(ORDERS).values()).singleElement()
				.asString()
				.contains("\"seen\":\"" + port(context) + "\""));
	}

	@Test
	void actuatorThatIsElsewhereIsDescribedInTheRecord() {
		this.applications.start(Application.class, "orders", "server.servlet.context-path=/shop/",
				"management.endpoints.web.base-path=/manage", "management.endpoints.web.path-mapping.health=well");
		assertThat(this.eyes.all(ORDERS).values()).singleElement()
			.asString()
			.contains("\"management.context-path\":\"/shop/manage\"", "\"health.path\":\"/well\"");
	}

	@Test
	void managementServerThatOnlyThisMachineReachesIsNotRegisteredIfOthersReachTheApplication() {
		this.applications.start(Application.class, "orders", RANDOM_PORT, "management.server.address=127.0.0.1",
				"spring.cloud.etcd.discovery.host=orders.example");
		assertThat(this.eyes.all("/services/").keySet()).singleElement().asString().startsWith(ORDERS);
	}

	@Test
	void nameThatIsTooLongForAManagementRecordDoesNotKeepTheApplicationFromRegistering() {
		String name = "a".repeat(120);
		this.applications.start(Application.class, name, RANDOM_PORT);
		assertThat(this.eyes.all("/services/").keySet()).singleElement().asString().startsWith("/services/" + name);
	}

	@Test
	void chosenInstanceIdIsThatOfBothRecords() {
		this.applications.start(Application.class, "orders", RANDOM_PORT, "spring.cloud.etcd.discovery.instance-id=a");
		assertThat(this.eyes.all("/services/")).containsOnlyKeys(ORDERS + "a", MANAGEMENT + "a");
	}

	@ParameterizedTest
	@ValueSource(strings = { "servlet", "reactive" })
	void bothServersAnswerWhileTheApplicationDrains(String type) throws Exception {
		ConfigurableApplicationContext context = this.applications.start(Application.class, "orders", RANDOM_PORT,
				"spring.main.web-application-type=" + type, ONE_REACTIVE_SERVER,
				"spring.cloud.etcd.discovery.drain=5s");
		int managementPort = context.getEnvironment().getRequiredProperty("local.management.port", Integer.class);
		int port = port(context);
		assertThat(status(managementPort, "/actuator/health/liveness")).as("before").isEqualTo(200);
		CompletableFuture<Void> closing = CompletableFuture.runAsync(context::close);
		await().atMost(SOON).until(() -> this.eyes.all("/services/").isEmpty());
		assertThat(status(managementPort, "/actuator/health/liveness")).isEqualTo(200);
		assertThat(status(port, "/")).isEqualTo(404);
		assertThat(closing).as("while it drains").isNotDone();
		closing.get(SOON.toSeconds(), TimeUnit.SECONDS);
		assertThat(LoopbackPorts.listens(managementPort)).isFalse();
		assertThat(LoopbackPorts.listens(port)).isFalse();
	}

	private static int status(int port, String path) throws IOException, InterruptedException {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
		return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
	}

	@Test
	void restartOfTheLifecycleRegistersBothPortsAgain() {
		ConfigurableApplicationContext context = this.applications.start(Application.class, "orders", RANDOM_PORT);
		context.stop();
		assertThat(this.eyes.all("/services/")).isEmpty();
		context.start();
		await().atMost(SOON).until(() -> this.eyes.all("/services/").size() == 2);
		assertThat(this.eyes.all(MANAGEMENT)).containsOnlyKeys(
				MANAGEMENT + "127.0.0.1:" + context.getEnvironment().getProperty("local.management.port"));
	}

	@Test
	void lifecycleBeansAreCalledAroundBothRegistrations() {
		ConfigurableApplicationContext context = this.applications.start(LifecycleApplication.class, "orders",
				RANDOM_PORT);
		Calls calls = context.getBean(Calls.class);
		assertThat(calls.names()).containsExactly("before start of orders", "before start of orders for any registry",
				"before start of orders-management", "after start of orders", "after start of orders for any registry",
				"after start of orders-management");
		assertThat(this.eyes.all(ORDERS).values()).singleElement().asString().contains("\"added\":\"before start\"");
		assertThat(this.eyes.all(MANAGEMENT).values()).singleElement()
			.asString()
			.contains("\"added\":\"to management\"");
		calls.names().clear();
		context.close();
		assertThat(calls.names()).containsExactly("before stop of orders", "before stop of orders for any registry",
				"before stop of orders-management", "after stop of orders", "after stop of orders for any registry",
				"after stop of orders-management");
		assertThat(this.eyes.all("/services/")).as("although a callback threw").isEmpty();
	}

	/**
	 * An application with a customizer.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Customized {

		@Bean
		EtcdRegistrationCustomizer customizer() {
			return new EtcdRegistrationCustomizer() {
				@Override
				public void customize(EtcdRegistration registration) {
					registration.getMetadata().put("seen", String.valueOf(registration.getPort()));
				}

				@Override
				public void customizeManagement(EtcdRegistration registration) {
					registration.getMetadata().put("seen", "management " + registration.getPort());
				}
			};
		}

	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	/**
	 * An application with callbacks, one of which throws.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class LifecycleApplication {

		@Bean
		Calls calls() {
			return new Calls(new CopyOnWriteArrayList<>());
		}

		@Bean
		ManagementLifecycle lifecycle(Calls calls) {
			return new ManagementLifecycle(calls);
		}

		@Bean
		AnyRegistryLifecycle lifecycleOfAnyRegistry(Calls calls) {
			return new AnyRegistryLifecycle(calls);
		}

	}

	/**
	 * What was called.
	 */
	record Calls(List<String> names) {

	}

	/**
	 * Written for etcd.
	 */
	record ManagementLifecycle(Calls calls) implements RegistrationManagementLifecycle<EtcdRegistration> {

		@Override
		public void postProcessBeforeStartRegister(EtcdRegistration registration) {
			registration.getMetadata().put("added", "before start");
			add("before start of ", registration);
		}

		@Override
		public void postProcessAfterStartRegister(EtcdRegistration registration) {
			add("after start of ", registration);
		}

		@Override
		public void postProcessBeforeStopRegister(EtcdRegistration registration) {
			add("before stop of ", registration);
			throw new IllegalStateException("thrown on purpose");
		}

		@Override
		public void postProcessAfterStopRegister(EtcdRegistration registration) {
			add("after stop of ", registration);
		}

		@Override
		public void postProcessBeforeStartRegisterManagement(EtcdRegistration registration) {
			registration.getMetadata().put("added", "to management");
			add("before start of ", registration);
		}

		@Override
		public void postProcessAfterStartRegisterManagement(EtcdRegistration registration) {
			add("after start of ", registration);
		}

		@Override
		public void postProcessBeforeStopRegisterManagement(EtcdRegistration registration) {
			add("before stop of ", registration);
		}

		@Override
		public void postProcessAfterStopRegisterManagement(EtcdRegistration registration) {
			add("after stop of ", registration);
		}

		private void add(String what, EtcdRegistration registration) {
			this.calls.names().add(what + registration.getServiceId());
		}

		@Override
		public int getOrder() {
			return 1;
		}

	}

	/**
	 * Written for every registry.
	 */
	record AnyRegistryLifecycle(Calls calls) implements RegistrationLifecycle<Registration> {

		@Override
		public void postProcessBeforeStartRegister(Registration registration) {
			add("before start of ", registration);
		}

		@Override
		public void postProcessAfterStartRegister(Registration registration) {
			add("after start of ", registration);
		}

		@Override
		public void postProcessBeforeStopRegister(Registration registration) {
			add("before stop of ", registration);
		}

		@Override
		public void postProcessAfterStopRegister(Registration registration) {
			add("after stop of ", registration);
		}

		private void add(String what, Registration registration) {
			this.calls.names().add(what + registration.getServiceId() + " for any registry");
		}

		@Override
		public int getOrder() {
			return 2;
		}

	}

}
