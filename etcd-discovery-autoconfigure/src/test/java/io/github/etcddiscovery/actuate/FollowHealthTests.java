package io.github.etcddiscovery.actuate;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.github.etcddiscovery.cloud.registration.EtcdAutoServiceRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import io.github.etcddiscovery.view.ServiceView;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.cloud.client.discovery.event.InstancePreRegisteredEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

import static io.github.etcddiscovery.testsupport.TestApplications.awaitNoThreads;
import static io.github.etcddiscovery.testsupport.TestApplications.http;
import static io.github.etcddiscovery.testsupport.TestApplications.port;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Real applications that advertise their health.
 */
@RequiresEtcd
class FollowHealthTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final String DISCOVERY = "spring.cloud.etcd.discovery.";

	private static final String[] FOLLOWING = { "management.endpoint.health.group.serving.include=*",
			DISCOVERY + "follow-health=serving", DISCOVERY + "follow-health-interval=50ms",
			"management.endpoints.web.exposure.include=etcd,health,serviceregistry",
			"management.health.diskspace.enabled=false" };

	private final AtomicBoolean up = new AtomicBoolean(true);

	FollowHealthTests() {
		super(EtcdBinary.newest());
	}

	@ParameterizedTest
	@ValueSource(strings = { "servlet", "reactive" })
	void healthIsAdvertisedInPlace(String type) {
		ConfigurableApplicationContext context = start("spring.main.web-application-type=" + type);
		assertThat(status(context)).isEqualTo("UP");
		long lease = this.eyes.get(key(context)).getLease();
		this.up.set(false);
		awaitStatus(context, "OUT_OF_SERVICE");
		assertThat(endpoint(context))
			.contains("\"health\":{\"group\":\"serving\",\"up\":false,\"reason\":\"own is DOWN\"}");
		assertThat(context.getBean(MeterRegistry.class).get("etcd.discovery.registration.healthy").gauge().value())
			.isZero();
		this.up.set(true);
		awaitStatus(context, "UP");
		assertThat(this.eyes.get(key(context)).getLease()).isEqualTo(lease);
		assertThat(context.getBean(MeterRegistry.class).get("etcd.discovery.registration.healthy").gauge().value())
			.isOne();
	}

	@Test
	void applicationThatIsNotHealthyAtTheStartIsNeverAdvertisedAsUp() {
		this.up.set(false);
		ConfigurableApplicationContext context = start();
		assertThat(status(context)).isEqualTo("OUT_OF_SERVICE");
		assertThat(this.eyes.get(key(context)).getVersion()).as("puts of this key").isOne();
	}

	@Test
	void readinessThatIsNotFollowedCountsWithTheGroup() {
		ConfigurableApplicationContext context = start(DISCOVERY + "follow-readiness=false",
				DISCOVERY + "follow-health=readiness");
		awaitStatus(context, "UP");
		AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC);
		awaitStatus(context, "OUT_OF_SERVICE");
	}

	@Test
	void outageOfEtcdChangesNothing() {
		ConfigurableApplicationContext context = start("spring.cloud.etcd.request-timeout=300ms",
				"spring.cloud.discovery.client.health-indicator.use-services-query=false", DISCOVERY + "ttl=60s");
		ServiceView<?> view = context.getBean(ServiceView.class);
		this.etcd.kill();
		await().atMost(SOON).until(() -> view.staleness().toMillis() > 1_000);
		int whole = http(context, "/actuator/health/serving").get()
			.exchange((request, response) -> response.getStatusCode().value());
		assertThat(whole).as("the whole group").isEqualTo(503);
		assertThat(endpoint(context)).contains("\"health\":{\"group\":\"serving\",\"up\":true,\"reason\":\"UP\"}");
		this.etcd.startAgain();
		await().atMost(SOON).until(() -> view.staleness().isZero());
		assertThat(status(context)).isEqualTo("UP");
	}

	@Test
	void operatorsStatusAndHealthAreBothNeededForUp() {
		ConfigurableApplicationContext context = start();
		EtcdServiceRegistry registry = context.getBean(EtcdServiceRegistry.class);
		EtcdRegistration registration = context.getBean(EtcdRegistration.class);
		this.up.set(false);
		awaitStatus(context, "OUT_OF_SERVICE");
		registry.setStatus(registration, "DOWN");
		awaitStatus(context, "DOWN");
		this.up.set(true);
		await().atMost(SOON).until(() -> endpoint(context).contains("\"up\":true"));
		assertThat(registry.<String>getStatus(registration)).isEqualTo("DOWN");
		registry.setStatus(registration, "UP");
		awaitStatus(context, "UP");
	}

	@Test
	void readinessAndHealthAreBothNeededForUp() {
		ConfigurableApplicationContext context = start();
		this.up.set(false);
		awaitStatus(context, "OUT_OF_SERVICE");
		TestApplications.refuseAndAcceptTraffic(context);
		assertThat(context.getBean(EtcdRegistration.class).getStatus()).as("ready, but not healthy")
			.isEqualTo(InstanceStatus.OUT_OF_SERVICE);
		AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC);
		this.up.set(true);
		await().atMost(SOON).until(() -> endpoint(context).contains("\"up\":true"));
		assertThat(context.getBean(EtcdRegistration.class).getStatus()).as("healthy, but not ready")
			.isEqualTo(InstanceStatus.OUT_OF_SERVICE);
		AvailabilityChangeEvent.publish(context, ReadinessState.ACCEPTING_TRAFFIC);
		awaitStatus(context, "UP");
	}

	@Test
	void checksEndIfTheContextStopsWhileItRegisters() {
		ConfigurableApplicationContext context = start("stopping=true");
		awaitNoThreads("etcd-health");
		assertThat(this.eyes.all("/services/orders/")).isEmpty();
		context.close();
	}

	@Test
	void statusThatTheApplicationSetsBeforeItIsRegisteredStays() {
		ConfigurableApplicationContext context = start("status=OUT_OF_SERVICE", DISCOVERY + "follow-health=");
		assertThat(status(context)).isEqualTo("OUT_OF_SERVICE");
	}

	@Test
	void checksEndWithTheContextAndBeginAgainWithIt() {
		ConfigurableApplicationContext context = start();
		context.stop();
		awaitNoThreads("etcd-health");
		this.up.set(false);
		context.start();
		assertThat(status(context)).isEqualTo("OUT_OF_SERVICE");
		context.close();
		awaitNoThreads("etcd-health");
	}

	@Test
	void nothingIsCheckedByDefault() {
		ConfigurableApplicationContext context = start(DISCOVERY + "follow-health=");
		this.up.set(false);
		assertThat(endpoint(context)).contains("\"health\":null");
		assertThat(status(context)).isEqualTo("UP");
		awaitNoThreads("etcd-health");
		assertThat(context.getBean(MeterRegistry.class).find("etcd.discovery.registration.healthy").gauge()).isNull();
	}

	@Test
	void initialStatusStaysUntilAnOperatorChangesIt() {
		ConfigurableApplicationContext context = start(DISCOVERY + "follow-health=",
				DISCOVERY + "initial-status=out-of-service");
		assertThat(status(context)).isEqualTo("OUT_OF_SERVICE");
		http(context, "/actuator/serviceregistry").post()
			.header("Content-Type", "application/json")
			.body("{\"status\":\"UP\"}")
			.retrieve()
			.toBodilessEntity();
		assertThat(status(context)).isEqualTo("UP");
	}

	private ConfigurableApplicationContext start(String... properties) {
		SpringApplicationBuilder builder = new SpringApplicationBuilder(Application.class)
			.initializers((context) -> context.getBeanFactory().registerSingleton("up", this.up));
		String[] all = Stream.of(FOLLOWING, properties).flatMap(Arrays::stream).toArray(String[]::new);
		return this.applications.start(builder, "orders", all);
	}

	private static String endpoint(ConfigurableApplicationContext context) {
		return http(context, "/actuator/etcd").get().retrieve().body(String.class);
	}

	private static String key(ConfigurableApplicationContext context) {
		return "/services/orders/127.0.0.1:" + port(context);
	}

	private String status(ConfigurableApplicationContext context) {
		return this.eyes.get(key(context)).getValue().toString().replaceAll(".*\"status\":\"(\\w+)\".*", "$1");
	}

	private void awaitStatus(ConfigurableApplicationContext context, String status) {
		Supplier<String> actual = () -> status(context);
		await().atMost(SOON).untilAsserted(() -> assertThat(actual.get()).isEqualTo(status));
	}

	/**
	 * Whose health the test decides.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		ReactiveHealthIndicator ownHealthIndicator(AtomicBoolean up) {
			return () -> Mono.fromSupplier(() -> (up.get() ? Health.up() : Health.down()).build());
		}

		/** Stops the registration while it is under way, if the test wants that. */
		@Bean
		ApplicationListener<InstancePreRegisteredEvent> stopping(Environment environment,
				ObjectProvider<EtcdAutoServiceRegistration> registration) {
			return (event) -> {
				if (environment.getProperty("stopping", Boolean.class, false)) {
					registration.getObject().stop();
				}
			};
		}

		/** Sets a status before the automatic registration is created. */
		@Bean
		static BeanPostProcessor status(Environment environment) {
			return new BeanPostProcessor() {

				@Override
				public Object postProcessAfterInitialization(Object bean, String name) {
					String status = environment.getProperty("status");
					if (bean instanceof EtcdRegistration registration && status != null) {
						new EtcdServiceRegistry(() -> null, null, true, Duration.ZERO).setStatus(registration, status);
					}
					return bean;
				}

			};
		}

		@Bean
		MeterRegistry meterRegistry() {
			return new SimpleMeterRegistry();
		}

	}

}
