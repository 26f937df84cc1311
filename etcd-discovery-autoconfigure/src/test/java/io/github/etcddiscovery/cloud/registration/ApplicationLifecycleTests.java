package io.github.etcddiscovery.cloud.registration;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.etcd.jetcd.Watch;
import io.etcd.jetcd.options.WatchOption;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.cloud.discovery.EtcdDiscoveryClient;
import io.github.etcddiscovery.cloud.discovery.EtcdReactiveDiscoveryClient;
import io.github.etcddiscovery.cloud.loadbalancer.EtcdServiceInstanceListSupplier;
import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.LoadBalancedClients;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import io.github.etcddiscovery.testsupport.Programs;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.discovery.ReactiveDiscoveryClient;
import org.springframework.cloud.client.discovery.event.HeartbeatEvent;
import org.springframework.cloud.client.discovery.event.InstancePreRegisteredEvent;
import org.springframework.cloud.client.discovery.event.InstanceRegisteredEvent;
import org.springframework.cloud.client.loadbalancer.DefaultRequest;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.WebClient;

import static io.github.etcddiscovery.testsupport.TestApplications.awaitNoThreads;
import static io.github.etcddiscovery.testsupport.TestApplications.http;
import static io.github.etcddiscovery.testsupport.TestApplications.port;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * Real applications, with a web server, on real etcd.
 */
@OnEveryEtcd
@ExtendWith(OutputCaptureExtension.class)
class ApplicationLifecycleTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final String ORDERS = "/services/orders/";

	ApplicationLifecycleTests(EtcdBinary binary) {
		super(binary);
	}

	@Test
	void registersOnceTrafficIsAcceptedAndPublishesTheEventsAroundIt(CapturedOutput output) {
		ConfigurableApplicationContext context = start("orders");
		assertThat(this.eyes.all(ORDERS)).containsOnlyKeys(ORDERS + "127.0.0.1:" + port(context));
		assertThat(context.getBean(Recorder.class).names()).containsSubsequence("ApplicationReadyEvent",
				"InstancePreRegisteredEvent", "InstanceRegisteredEvent");
		assertThat(context.getBean(Recorder.class).stateAtReady).isEqualTo(RecordState.GONE);
		assertThat(output).contains("in etcd at " + this.etcd.endpoint(), "Registered " + ORDERS);
	}

	@Test
	void followsReadinessInPlace() {
		ConfigurableApplicationContext context = start("orders");
		String key = ORDERS + "127.0.0.1:" + port(context);
		long lease = this.eyes.get(key).getLease();
		AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC);
		awaitStatus(key, "OUT_OF_SERVICE");
		await().atMost(SOON).until(() -> context.getBean(DiscoveryClient.class).getInstances("orders").isEmpty());
		AvailabilityChangeEvent.publish(context, ReadinessState.ACCEPTING_TRAFFIC);
		awaitStatus(key, "UP");
		assertThat(this.eyes.get(key).getLease()).isEqualTo(lease);
	}

	@ParameterizedTest
	@CsvSource({ "url, http://127.0.0.1:", "address, 127.0.0.1:" })
	void followsReadinessByComingAndGoingWhereTheFormatHasNoStatus(String format, String value) {
		ConfigurableApplicationContext context = start("orders", "spring.cloud.etcd.discovery.format=" + format);
		String key = ORDERS + "127.0.0.1:" + port(context);
		assertThat(this.eyes.get(key).getValue().toString()).isEqualTo(value + port(context));
		AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC);
		await().atMost(SOON).until(() -> this.eyes.get(key) == null);
		EtcdRegistration registration = context.getBean(EtcdRegistration.class);
		EtcdServiceRegistry registry = context.getBean(EtcdServiceRegistry.class);
		assertThat(registry.flush(registration)).as("nothing is left to be done").isTrue();
		assertThat(this.eyes.get(key)).isNull();
		AvailabilityChangeEvent.publish(context, ReadinessState.ACCEPTING_TRAFFIC);
		await().atMost(SOON).until(() -> this.eyes.get(key) != null);
		assertThat(this.eyes.get(key).getLease()).isNotZero();
		registry.setStatus(registration, "DOWN");
		await().atMost(SOON).until(() -> this.eyes.get(key) == null);
		context.close();
		assertThat(this.eyes.all(ORDERS)).isEmpty();
	}

	@Test
	void furtherRegistrationMayBeInAnotherFormat() {
		ConfigurableApplicationContext context = start("orders");
		EtcdRegistration further = new EtcdRegistration("billing", null, "10.0.0.5", 9090, false, Map.of("zone", "a"));
		further.setFormat("grpc");
		context.getBean(EtcdServiceRegistry.class).register(further);
		assertThat(this.eyes.all("/services/billing/")).containsExactly(Map.entry("/services/billing/10.0.0.5:9090",
				"{\"Op\":0,\"Addr\":\"10.0.0.5:9090\",\"Metadata\":{\"zone\":\"a\"}}"));
		assertThat(this.eyes.all(ORDERS).values()).allMatch((value) -> value.startsWith("{\"serviceId\":\"orders\""));
		further.setFormat("yaml");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> context.getBean(EtcdServiceRegistry.class).register(further))
			.withMessage("Invalid format 'yaml': expected one of [json, url, address, grpc, kratos, skydns]");
	}

	@Test
	void drainsWhereTheFormatHasNoStatusAsElsewhere(CapturedOutput output) {
		start("orders", "spring.cloud.etcd.discovery.format=url").close();
		assertThat(output).contains("Deregistered; serving on for 10 ms");
		assertThat(this.eyes.all(ORDERS)).isEmpty();
	}

	@Test
	void metadataAreNotChangedWhereTheFormatHasNoRoomForThem() {
		ConfigurableApplicationContext context = start("orders", "spring.cloud.etcd.discovery.format=address");
		EtcdServiceRegistry registry = context.getBean(EtcdServiceRegistry.class);
		EtcdRegistration registration = context.getBean(EtcdRegistration.class);
		assertThatIllegalArgumentException().isThrownBy(() -> registry.changeMetadata(registration, "weight", "5"))
			.withMessage("Invalid format 'address': expected one with room for metadata, to change weight");
		assertThat(registration.getMetadata()).isEmpty();
	}

	@Test
	void ignoresReadinessIfToldTo() {
		ConfigurableApplicationContext context = start("orders", "spring.cloud.etcd.discovery.follow-readiness=false");
		String key = ORDERS + "127.0.0.1:" + port(context);
		AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC);
		context.getBean(EtcdServiceRegistry.class)
			.register(registration(context, Map.of("written", "after the readiness")));
		awaitStatus(ORDERS + "further", "UP");
		assertThat(this.eyes.get(key).getValue().toString()).contains("\"UP\"");
	}

	@Test
	void eventsOfChildContextsAreNotOurs() {
		ConfigurableApplicationContext context = start("orders");
		String key = ORDERS + "127.0.0.1:" + port(context);
		GenericApplicationContext child = new GenericApplicationContext(context);
		child.refresh();
		AvailabilityChangeEvent.publish(child, ReadinessState.REFUSING_TRAFFIC);
		child.close();
		context.getBean(EtcdServiceRegistry.class).register(registration(context, Map.of()));
		assertThat(context.getBean(EtcdServiceRegistry.class).getState(context.getBean(EtcdRegistration.class)))
			.isEqualTo(RecordState.REGISTERED);
		assertThat(this.eyes.get(key).getValue().toString()).contains("\"UP\"");
	}

	@Test
	void leavesBeforeTheWebServerStopsAndServesOnForTheDrain() throws Exception {
		ConfigurableApplicationContext context = start("orders", "spring.cloud.etcd.discovery.drain=2s");
		int port = port(context);
		long begin = System.nanoTime();
		CompletableFuture<Void> closing = CompletableFuture.runAsync(context::close);
		await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(() -> this.eyes.all(ORDERS).isEmpty());
		assertThat(hello(port)).isEqualTo("hello");
		await().atMost(SOON).pollInterval(Duration.ofMillis(20)).until(() -> {
			try {
				hello(port);
				return false;
			}
			catch (IOException ex) {
				return true;
			}
		});
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofSeconds(2));
		assertThat(closing).succeedsWithin(SOON);
	}

	@Test
	void viewOutlivesTheWebServersGracefulShutdown() {
		ConfigurableApplicationContext stock = start("stock");
		ConfigurableApplicationContext context = start("orders");
		await().atMost(SOON).until(() -> !context.getBean(DiscoveryClient.class).getInstances("stock").isEmpty());
		CompletableFuture<String> request = CompletableFuture
			.supplyAsync(() -> http(context, "/slow").get().retrieve().body(String.class));
		await().atMost(SOON).until(() -> context.getBean(Endpoints.class).slow);
		context.close();
		assertThat(request).succeedsWithin(SOON).isEqualTo("hello");
		assertThat(stock.isActive()).isTrue();
	}

	@Test
	void restartOfTheLifecycleDeregistersAndRegistersAgain() {
		ConfigurableApplicationContext context = start("orders");
		context.stop();
		assertThat(this.eyes.all(ORDERS)).isEmpty();
		context.start();
		await().atMost(SOON)
			.untilAsserted(
					() -> assertThat(this.eyes.all(ORDERS)).containsOnlyKeys(ORDERS + "127.0.0.1:" + port(context)));
	}

	@Test
	void neverDeregistersIfToldNotTo() {
		ConfigurableApplicationContext context = start("orders", "spring.cloud.etcd.discovery.deregister=false");
		String key = ORDERS + "127.0.0.1:" + port(context);
		context.close();
		assertThat(this.eyes.get(key)).isNotNull();
		awaitNoThreads("etcd-registrar");
	}

	@Test
	void closingWhileRegisteringLeavesNothingBehind() {
		ConfigurableApplicationContext context = start(ClosingApplication.class, "orders");
		assertThat(context.isActive()).isFalse();
		assertThat(this.eyes.all(ORDERS)).isEmpty();
	}

	@Test
	void deregisteringOneByHandDeletesItAlsoIfItIsTheLastAndClosingWouldNot() {
		ConfigurableApplicationContext context = start("orders", "spring.cloud.etcd.discovery.deregister=false");
		EtcdServiceRegistry registry = context.getBean(EtcdServiceRegistry.class);
		registry.deregister(context.getBean(EtcdRegistration.class));
		assertThat(this.eyes.all(ORDERS)).isEmpty();
	}

	@Test
	void doesNotRegisterIfToldNotToButDiscovers() {
		start("stock");
		ConfigurableApplicationContext context = start("orders", "spring.cloud.etcd.discovery.register=false");
		assertThat(context.getBean(DiscoveryClient.class).getInstances("stock")).hasSize(1);
		assertThat(this.eyes.all(ORDERS)).isEmpty();
	}

	@Test
	void usersCodecWritesAndReadsWhatIsInEtcd() {
		ConfigurableApplicationContext context = start(UserCodecApplication.class, "orders",
				"spring.cloud.etcd.discovery.format=status-first");
		String address = "127.0.0.1:" + port(context);
		assertThat(this.eyes.all(ORDERS)).containsExactly(Map.entry(ORDERS + address, "UP " + address));
		await().atMost(SOON).until(() -> context.getBean(DiscoveryClient.class).getInstances("orders").size() == 1);
		AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC);
		await().atMost(SOON).until(() -> context.getBean(DiscoveryClient.class).getInstances("orders").isEmpty());
	}

	@Test
	void applicationWithoutAWebServerRegistersItsConfiguredPort() {
		start("orders", "spring.main.web-application-type=none", "spring.cloud.etcd.discovery.port=4711");
		assertThat(this.eyes.all(ORDERS)).containsOnlyKeys(ORDERS + "127.0.0.1:4711");
	}

	@Test
	void processWithoutAWebServerEndsWithItsMainMethodAndDeregisters() throws IOException, InterruptedException {
		List<String> seen = new CopyOnWriteArrayList<>();
		try (Watch.Watcher watcher = this.eyes.client()
			.getWatchClient()
			.watch(EtcdEyes.bytes(ORDERS), WatchOption.builder().isPrefix(true).build(),
					(response) -> response.getEvents()
						.forEach((event) -> seen.add(event.getEventType() + " " + event.getKeyValue().getKey())))) {
			Process process = new ProcessBuilder(Programs.jdk("java"), "-cp", System.getProperty("java.class.path"),
					ShortLivedApplication.class.getName(), "--spring.application.name=orders",
					"--spring.main.web-application-type=none", "--spring.cloud.etcd.endpoints=" + this.etcd.endpoint(),
					"--spring.cloud.etcd.discovery.instance-id=1", "--spring.cloud.etcd.discovery.port=4711")
				.redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start();
			assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ends by itself").isTrue();
			await().atMost(SOON).until(() -> seen.contains("DELETE " + ORDERS + "1"));
			assertThat(seen.get(0)).isEqualTo("PUT " + ORDERS + "1");
		}
	}

	@Test
	void closingIsBoundedWhileEtcdIsAwayAndDoesNotClaimToHaveDeregistered(CapturedOutput output) {
		ConfigurableApplicationContext context = start("orders", "spring.cloud.etcd.discovery.drain=20s");
		this.etcd.kill();
		long begin = System.nanoTime();
		context.close();
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(6));
		assertThat(output).contains("will go when their leases run out").doesNotContain("serving on");
	}

	@Test
	void startsWithoutEtcdAndRegistersAsSoonAsItIsThere() {
		this.etcd.kill();
		ConfigurableApplicationContext context = start("orders", "spring.cloud.etcd.fail-fast=false",
				"spring.cloud.etcd.request-timeout=1s");
		assertThat(context.getBean(DiscoveryClient.class).getInstances("orders")).isEmpty();
		assertThatExceptionOfType(EtcdException.class)
			.isThrownBy(() -> context.getBean(EtcdDiscoveryClient.class).probe());
		this.etcd.startAgain();
		await().atMost(SOON).until(() -> context.getBean(DiscoveryClient.class).getInstances("orders").size() == 1);
		context.getBean(EtcdDiscoveryClient.class).probe();
		assertThat(context.getBean(EtcdReactiveDiscoveryClient.class).reactiveProbe().blockOptional(SOON)).isEmpty();
	}

	@Test
	void allThreeClientsCallBothInstancesInTurn() {
		ConfigurableApplicationContext caller = start("caller");
		ConfigurableApplicationContext first = start("orders");
		ConfigurableApplicationContext second = start("orders");
		await().atMost(SOON).until(() -> caller.getBean(DiscoveryClient.class).getInstances("orders").size() == 2);
		Clients clients = caller.getBean(Clients.class);
		List<String> expected = Stream.of(first, second).map((context) -> String.valueOf(port(context))).toList();
		for (Calls calls : List.<Calls>of(clients::restTemplate, clients::restClient, clients::webClient)) {
			List<String> answers = IntStream.range(0, 8).mapToObj((i) -> calls.get("http://orders/port")).toList();
			assertThat(answers).containsAll(expected);
			for (int i = 1; i < answers.size(); i++) {
				assertThat(answers.get(i)).isNotEqualTo(answers.get(i - 1));
			}
		}
	}

	@Test
	void blockingAndReactiveClientsSeeTheSame() {
		ConfigurableApplicationContext context = start("orders");
		await().atMost(SOON).until(() -> context.getBean(DiscoveryClient.class).getInstances("orders").size() == 1);
		ReactiveDiscoveryClient reactive = context.getBean(ReactiveDiscoveryClient.class);
		assertThat(reactive.getServices().collectList().block(SOON)).contains("orders");
		assertThat(reactive.getInstances("orders").collectList().block(SOON))
			.isEqualTo(context.getBean(DiscoveryClient.class).getInstances("orders"));
		assertThat(context.getBean(DiscoveryClient.class).getServices()).contains("orders");
	}

	@Test
	@SuppressWarnings("unchecked")
	void supplierEmitsAtOnceAndAgainAtEveryChange() {
		ConfigurableApplicationContext context = start("orders");
		EtcdServiceInstanceListSupplier supplier = new EtcdServiceInstanceListSupplier(
				context.getBean(ServiceView.class), "stock");
		List<List<ServiceInstance>> seen = new CopyOnWriteArrayList<>();
		Disposable subscription = supplier.get().subscribe(seen::add);
		assertThat(seen).containsExactly(List.of());
		String record = "{\"host\":\"h\",\"port\":%d}";
		this.eyes.put("/services/stock/b", record.formatted(2));
		await().atMost(SOON).until(() -> seen.size() == 2);
		this.eyes.put("/services/other/a", record.formatted(3));
		this.eyes.put("/services/stock/a", record.formatted(1));
		await().atMost(SOON).until(() -> seen.size() == 3);
		assertThat(seen.get(2)).extracting(ServiceInstance::getInstanceId).containsExactly("a", "b");
		subscription.dispose();
		this.eyes.delete("/services/stock/a");
		await().atMost(SOON).until(() -> supplier.get().blockFirst().size() == 1);
		assertThat(seen).hasSize(3);
	}

	@Test
	@SuppressWarnings("unchecked")
	void requestIsGivenTheListOfWhenItAsksAndNoOther() {
		ConfigurableApplicationContext context = start("orders");
		Flux<List<ServiceInstance>> instances = new EtcdServiceInstanceListSupplier(context.getBean(ServiceView.class),
				"stock")
			.get(new DefaultRequest<>());
		assertThat(instances.collectList().block(SOON)).containsExactly(List.of());
		this.eyes.put("/services/stock/a", "{\"host\":\"h\",\"port\":1}");
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(instances.collectList().block(SOON)).singleElement()
				.satisfies((list) -> assertThat(list).hasSize(1)));
	}

	@Test
	void heartbeatTellsOfChangesWithAnotherValueEachTime() {
		ConfigurableApplicationContext context = start("orders");
		Recorder recorder = context.getBean(Recorder.class);
		await().atMost(SOON).until(() -> !recorder.heartbeats().isEmpty());
		int before = recorder.heartbeats().size();
		this.eyes.put("/services/stock/a", "{\"host\":\"h\",\"port\":1}");
		await().atMost(SOON).until(() -> recorder.heartbeats().size() > before);
		assertThat(recorder.heartbeats().stream().map(HeartbeatEvent::getValue)).doesNotHaveDuplicates();
	}

	@Test
	void registryTakesFurtherRegistrationsAndTheirStatus() {
		ConfigurableApplicationContext context = start("orders");
		EtcdServiceRegistry registry = context.getBean(EtcdServiceRegistry.class);
		EtcdRegistration further = registration(context, Map.of());
		registry.register(further);
		assertThat(this.eyes.leasesOf(ORDERS)).hasSize(2).doesNotHaveDuplicates().doesNotContain(0L);
		registry.setStatus(further, "out_of_service");
		awaitStatus(ORDERS + "further", "OUT_OF_SERVICE");
		assertThat(registry.<String>getStatus(further)).isEqualTo("OUT_OF_SERVICE");
		assertThatIllegalArgumentException().isThrownBy(() -> registry.setStatus(further, "SIDEWAYS"))
			.withMessageContaining("SIDEWAYS");
		registry.deregister(further);
		registry.deregister(further);
		assertThat(this.eyes.all(ORDERS)).hasSize(1);
		assertThat(registry.getState(further)).isEqualTo(RecordState.GONE);
	}

	@Test
	void closedRegistryOpensAgain() {
		ConfigurableApplicationContext context = start("orders");
		EtcdServiceRegistry registry = context.getBean(EtcdServiceRegistry.class);
		registry.close();
		registry.close();
		assertThat(this.eyes.all(ORDERS)).isEmpty();
		registry.register(context.getBean(EtcdRegistration.class));
		assertThat(this.eyes.all(ORDERS)).hasSize(1);
	}

	@Test
	void registryRefusesWhatReadersWouldReject() {
		ConfigurableApplicationContext context = start("orders");
		EtcdRegistration invalid = new EtcdRegistration("orders", null, "evil#host", 1, false, Map.of());
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> context.getBean(EtcdServiceRegistry.class).register(invalid))
			.withMessageContaining("evil#host");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> context.getBean(EtcdServiceRegistry.class).register(null));
	}

	@Test
	void closedApplicationLeavesNoThreadsBehind() {
		ConfigurableApplicationContext context = start("orders");
		context.close();
		awaitNoThreads("etcd-");
	}

	private static EtcdRegistration registration(ConfigurableApplicationContext context, Map<String, String> metadata) {
		return new EtcdRegistration("orders", "further", "127.0.0.1", port(context), false, metadata);
	}

	private ConfigurableApplicationContext start(String name, String... properties) {
		return start(Application.class, name, properties);
	}

	private ConfigurableApplicationContext start(Class<?> source, String name, String... properties) {
		return this.applications.start(source, name, properties);
	}

	private void awaitStatus(String key, String status) {
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.eyes.get(key).getValue().toString())
				.contains("\"status\":\"" + status + "\""));
	}

	private static String hello(int port) throws IOException, InterruptedException {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/hello")).build();
		return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
	}

	/**
	 * One of Spring's clients.
	 */
	@FunctionalInterface
	interface Calls {

		String get(String uri);

	}

	/**
	 * An application with load-balanced clients.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(LoadBalancedClients.class)
	static class Application {

		@Bean
		Clients clients(RestTemplate restTemplate, RestClient.Builder restClient, WebClient.Builder webClient) {
			return new Clients(restTemplate, restClient.build(), webClient.build());
		}

		@Bean
		Endpoints endpoints(Clients clients, ConfigurableApplicationContext context) {
			return new Endpoints(clients, context);
		}

		@Bean
		Recorder recorder(EtcdServiceRegistry registry, ObjectProvider<EtcdRegistration> registration) {
			return new Recorder(registry, registration.getIfAvailable());
		}

	}

	/**
	 * An application with a main method that does nothing else.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class ShortLivedApplication {

		public static void main(String[] args) {
			SpringApplication.run(ShortLivedApplication.class, args);
		}

	}

	/**
	 * An application that is closed just before it registers.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class ClosingApplication {

		@Bean
		ApplicationListener<InstancePreRegisteredEvent> closer(ConfigurableApplicationContext context) {
			return (event) -> context.close();
		}

	}

	/**
	 * An application with a format of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class UserCodecApplication {

		@Bean
		InstanceCodec userCodec() {
			return new InstanceCodec() {

				@Override
				public String name() {
					return "status-first";
				}

				@Override
				public boolean recognizes(byte[] value) {
					return Character.isUpperCase(value[0]);
				}

				@Override
				public byte[] encode(ServiceRecord record) {
					String text = record.status() + " " + record.host() + ":" + record.port();
					return text.getBytes(StandardCharsets.UTF_8);
				}

				@Override
				public ServiceRecord decode(InstanceKey key, byte[] value) {
					String[] parts = new String(value, StandardCharsets.UTF_8).split("[ :]");
					return new ServiceRecord(key, parts[1], Integer.parseInt(parts[2]), false,
							InstanceStatus.of(parts[0]), Map.of());
				}

			};
		}

	}

	/**
	 * The load-balanced clients.
	 */
	record Clients(RestTemplate template, RestClient client, WebClient reactive) {

		String restTemplate(String uri) {
			return this.template.getForObject(uri, String.class);
		}

		String restClient(String uri) {
			return this.client.get().uri(uri).retrieve().body(String.class);
		}

		String webClient(String uri) {
			return this.reactive.get().uri(uri).retrieve().bodyToMono(String.class).block(SOON);
		}

	}

	/**
	 * What the application serves.
	 */
	@RestController
	static class Endpoints {

		private final Clients clients;

		private final ConfigurableApplicationContext context;

		private final CompletableFuture<Void> closing = new CompletableFuture<>();

		volatile boolean slow;

		Endpoints(Clients clients, ConfigurableApplicationContext context) {
			this.clients = clients;
			this.context = context;
		}

		@GetMapping("/hello")
		String hello() {
			return "hello";
		}

		@GetMapping("/port")
		String ownPort() {
			return String.valueOf(port(this.context));
		}

		/** Calls another service, once this one is on its way out. */
		@GetMapping("/slow")
		String slow() {
			this.slow = true;
			this.closing.join();
			await().atMost(SOON).until(() -> !this.context.getBean(EtcdAutoServiceRegistration.class).isRunning());
			return this.clients.restClient("http://stock/hello");
		}

		@EventListener
		void onClosing(ContextClosedEvent event) {
			this.closing.complete(null);
		}

	}

	/**
	 * Writes down what is published.
	 */
	static class Recorder {

		private final EtcdServiceRegistry registry;

		private final EtcdRegistration registration;

		private final List<ApplicationEvent> events = new CopyOnWriteArrayList<>();

		private RecordState stateAtReady = RecordState.WANTED;

		Recorder(EtcdServiceRegistry registry, EtcdRegistration registration) {
			this.registry = registry;
			this.registration = registration;
		}

		@EventListener({ ApplicationReadyEvent.class, InstancePreRegisteredEvent.class, InstanceRegisteredEvent.class,
				HeartbeatEvent.class })
		void onEvent(ApplicationEvent event) {
			this.events.add(event);
			if (event instanceof ApplicationReadyEvent && this.registration != null) {
				this.stateAtReady = this.registry.getState(this.registration);
			}
		}

		List<String> names() {
			return this.events.stream().map((event) -> event.getClass().getSimpleName()).toList();
		}

		List<HeartbeatEvent> heartbeats() {
			return this.events.stream()
				.filter(HeartbeatEvent.class::isInstance)
				.map(HeartbeatEvent.class::cast)
				.toList();
		}

	}

}
