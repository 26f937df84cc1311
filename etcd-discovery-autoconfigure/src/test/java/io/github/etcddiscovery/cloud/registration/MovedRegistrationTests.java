package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import io.etcd.jetcd.Auth;
import io.etcd.jetcd.auth.Permission;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import io.github.etcddiscovery.testsupport.TestUsers;
import org.junit.jupiter.api.Test;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.discovery.event.InstanceRegisteredEvent;
import org.springframework.cloud.client.serviceregistry.Registration;
import org.springframework.cloud.client.serviceregistry.RegistrationLifecycle;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

import static io.github.etcddiscovery.testsupport.EtcdEyes.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Registrations whose way into etcd, or from one key to another, is not straight: nothing
 * is left behind on it, and nobody is left without news.
 */
@RequiresEtcd
class MovedRegistrationTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final String ALL = "/services/";

	private static final String RECORD_OF_ANOTHER = "{\"host\":\"10.0.0.9\",\"port\":1}";

	MovedRegistrationTests() {
		super(TestUsers.startWithAuthentication(EtcdBinary.newest()), EtcdEyes::asRoot);
	}

	@Test
	void recordThatMayNotBeWrittenWhereItIsToMoveStaysUntilItMay() {
		EtcdServiceRegistry registry = start().getBean(EtcdServiceRegistry.class);
		EtcdRegistration moving = registration("orders");
		registry.register(moving);
		moving.setServiceId("stock");
		assertThatExceptionOfType(EtcdException.class).isThrownBy(() -> registry.register(moving));
		assertThat(this.eyes.all(ALL)).containsOnlyKeys("/services/orders/moving");
		Auth auth = this.eyes.client().getAuthClient();
		auth.roleGrantPermission(bytes("orders"), bytes("/services/stock/"), bytes("/services/stock0"),
				Permission.Type.READWRITE)
			.join();
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.eyes.all(ALL)).containsOnlyKeys("/services/stock/moving"));
	}

	@Test
	void recordThatMovesOnBeforeItHasArrivedLeavesNothingOnTheWay() {
		EtcdServiceRegistry registry = start().getBean(EtcdServiceRegistry.class);
		EtcdRegistration moving = registration("orders");
		registry.register(moving);
		this.eyes.put("/services/orders/taken", RECORD_OF_ANOTHER, this.eyes.grant(60));
		moving.setInstanceId("taken");
		registry.register(moving);
		assertThat(registry.getState(moving)).isEqualTo(RecordState.CONFLICT);
		assertThat(this.eyes.all(ALL)).containsOnlyKeys("/services/orders/moving", "/services/orders/taken");
		moving.setInstanceId("free");
		registry.register(moving);
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.eyes.all(ALL)).containsOnlyKeys("/services/orders/free",
					"/services/orders/taken"));
		moving.setInstanceId("moving");
		registry.register(moving);
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.eyes.all(ALL)).containsOnlyKeys("/services/orders/moving",
					"/services/orders/taken"));
	}

	@Test
	void recordThatIsDeregisteredOnItsWayIsNowhere() {
		EtcdServiceRegistry registry = start().getBean(EtcdServiceRegistry.class);
		registry.register(new EtcdRegistration("orders", "other", "127.0.0.1", 4712, false, Map.of()));
		EtcdRegistration moving = registration("orders");
		registry.register(moving);
		this.eyes.put("/services/orders/taken", RECORD_OF_ANOTHER, this.eyes.grant(60));
		moving.setInstanceId("taken");
		registry.register(moving);
		registry.deregister(moving);
		assertThat(this.eyes.all(ALL)).containsOnlyKeys("/services/orders/other", "/services/orders/taken");
	}

	@Test
	void registeringWhileTheApplicationIsClosingIsRefused() {
		ConfigurableApplicationContext context = start();
		EtcdServiceRegistry registry = context.getBean(EtcdServiceRegistry.class);
		context.close();
		assertThatIllegalStateException().isThrownBy(() -> registry.register(registration("orders")))
			.withMessageContaining("orders/moving")
			.withMessageContaining("closing");
	}

	@Test
	void callbackThatThrowsOnceDoesNotKeepTheApplicationFromRegisteringTheNextTime() {
		ConfigurableApplicationContext context = start("spring.cloud.etcd.discovery.register=true",
				"spring.cloud.etcd.discovery.port=4711");
		News news = context.getBean(News.class);
		context.stop();
		news.failing = true;
		assertThatExceptionOfType(RuntimeException.class).isThrownBy(context::start)
			.withStackTraceContaining("thrown on purpose");
		assertThat(this.eyes.all(ALL)).isEmpty();
		news.failing = false;
		TestApplications.refuseAndAcceptTraffic(context);
		await().atMost(SOON).until(() -> this.eyes.all(ALL).size() == 1);
	}

	@Test
	void othersAreToldWhenARefusedRecordIsInAfterAll() {
		ConfigurableApplicationContext context = start("spring.cloud.etcd.discovery.register=true",
				"spring.cloud.etcd.discovery.port=4711", "spring.cloud.etcd.discovery.service-name=stock",
				"spring.cloud.etcd.fail-fast=false");
		News news = context.getBean(News.class);
		assertThat(news.heard).isEmpty();
		this.eyes.client()
			.getAuthClient()
			.roleGrantPermission(bytes("orders"), bytes("/services/stock/"), bytes("/services/stock0"),
					Permission.Type.READWRITE)
			.join();
		await().atMost(SOON).untilAsserted(() -> assertThat(news.heard).containsExactly("after start", "registered"));
	}

	private ConfigurableApplicationContext start(String... properties) {
		String[] all = new String[properties.length + 3];
		System.arraycopy(properties, 0, all, 3, properties.length);
		all[0] = "spring.cloud.etcd.username=orders";
		all[1] = "spring.cloud.etcd.password=pw";
		all[2] = "spring.cloud.etcd.discovery.register=false";
		return this.applications.start(new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE),
				"orders", all);
	}

	private static EtcdRegistration registration(String service) {
		return new EtcdRegistration(service, "moving", "127.0.0.1", 4711, false, Map.of());
	}

	/**
	 * An application that hears of its registration.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		News news() {
			return new News();
		}

	}

	/**
	 * Writes down what it hears.
	 */
	static class News implements RegistrationLifecycle<Registration> {

		private final List<String> heard = new CopyOnWriteArrayList<>();

		private volatile boolean failing;

		@Override
		public void postProcessBeforeStartRegister(Registration registration) {
			if (this.failing) {
				throw new IllegalStateException("thrown on purpose");
			}
		}

		@Override
		public void postProcessAfterStartRegister(Registration registration) {
			this.heard.add("after start");
		}

		@EventListener(InstanceRegisteredEvent.class)
		void onRegistered() {
			this.heard.add("registered");
		}

		@Override
		public void postProcessBeforeStopRegister(Registration registration) {
		}

		@Override
		public void postProcessAfterStopRegister(Registration registration) {
		}

	}

}
