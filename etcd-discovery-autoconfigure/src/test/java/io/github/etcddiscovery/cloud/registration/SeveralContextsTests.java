package io.github.etcddiscovery.cloud.registration;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import org.junit.jupiter.api.Test;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static io.github.etcddiscovery.testsupport.TestApplications.awaitNoThreads;
import static io.github.etcddiscovery.testsupport.TestApplications.port;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * More than one context in a JVM, and contexts that start in unusual ways: exactly one
 * registration each, and nothing left of them afterwards.
 */
@RequiresEtcd
class SeveralContextsTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final String ALL = "/services/";

	private static final String ORDERS = "/services/orders/127.0.0.1:";

	SeveralContextsTests() {
		super(EtcdBinary.newest());
	}

	@Test
	void applicationsInOneJvmHaveARegistrationAndALeaseEach() {
		ConfigurableApplicationContext orders = this.applications.start(Application.class, "orders");
		ConfigurableApplicationContext stock = this.applications.start(Application.class, "stock");
		assertThat(this.eyes.all(ALL)).containsOnlyKeys(ORDERS + port(orders),
				"/services/stock/127.0.0.1:" + port(stock));
		assertThat(this.eyes.leasesOf(ALL)).doesNotHaveDuplicates();
		orders.close();
		assertThat(this.eyes.all(ALL)).containsOnlyKeys("/services/stock/127.0.0.1:" + port(stock));
		await().atMost(SOON).until(() -> stock.getBean(DiscoveryClient.class).getInstances("orders").isEmpty());
		stock.close();
		assertThat(this.eyes.all(ALL)).isEmpty();
		awaitNoThreads("etcd-");
	}

	@Test
	void childrenOfOneParentRegisterEachItsOwnPortThroughTheClientOfTheParent() {
		ConfigurableApplicationContext parent = this.applications
			.start(new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE), "orders");
		ConfigurableApplicationContext first = child(parent);
		ConfigurableApplicationContext second = child(parent);
		assertThat(this.eyes.all(ALL)).containsOnlyKeys(ORDERS + port(first), ORDERS + port(second));
		assertThat(first.getBean(EtcdClient.class)).isSameAs(parent.getBean(EtcdClient.class));
		first.close();
		assertThat(this.eyes.all(ALL)).containsOnlyKeys(ORDERS + port(second));
		parent.close();
		assertThat(second.isActive()).as("Spring Boot closes it with its parent").isFalse();
		assertThat(this.eyes.all(ALL)).isEmpty();
		awaitNoThreads("etcd-");
	}

	@Test
	void childWithoutAWebServerDoesNotRegisterThePortOfItsSiblingNorDoesTheParent() {
		ConfigurableApplicationContext parent = this.applications
			.start(new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE), "orders");
		ConfigurableApplicationContext first = child(parent);
		this.applications.start(
				new SpringApplicationBuilder(Application.class).parent(parent).web(WebApplicationType.NONE), "worker");
		TestApplications.refuseAndAcceptTraffic(parent);
		assertThat(this.eyes.all(ALL)).containsOnlyKeys(ORDERS + port(first));
		first.close();
		assertThat(this.eyes.all(ALL)).isEmpty();
	}

	@Test
	void childOfAPlainParentRegistersOnce() {
		ConfigurableApplicationContext parent = this.applications
			.start(new SpringApplicationBuilder(Plain.class).web(WebApplicationType.NONE), "orders");
		ConfigurableApplicationContext child = child(parent);
		assertThat(this.eyes.all(ALL)).containsOnlyKeys(ORDERS + port(child));
	}

	@Test
	void lazyInitializationRegistersAndDeregistersAllTheSame() {
		ConfigurableApplicationContext context = this.applications.start(Application.class, "orders",
				"spring.main.lazy-initialization=true");
		assertThat(this.eyes.all(ALL)).containsOnlyKeys(ORDERS + port(context));
		assertThat(context.getBean(DiscoveryClient.class).getInstances("orders")).hasSize(1);
		context.close();
		assertThat(this.eyes.all(ALL)).isEmpty();
		awaitNoThreads("etcd-");
	}

	@Test
	void recordsRegisteredByHandLeaveWithTheContextWhileItStillServes() throws Exception {
		ConfigurableApplicationContext context = this.applications.start(Application.class, "orders",
				"spring.cloud.etcd.discovery.drain=2s");
		byHand(context, "orders-admin");
		byHand(context, "orders-v2");
		assertThat(this.eyes.all(ALL)).hasSize(3);
		assertThatAllLeaveWhileItStillServes(context);
	}

	@Test
	void recordsRegisteredByHandLeaveInTimeAlsoIfTheApplicationItselfIsNotRegistered() throws Exception {
		ConfigurableApplicationContext context = this.applications.start(Application.class, "orders",
				"spring.cloud.etcd.discovery.drain=2s", "spring.cloud.etcd.discovery.register=false");
		byHand(context, "orders-v2");
		assertThat(this.eyes.all(ALL)).hasSize(1);
		assertThatAllLeaveWhileItStillServes(context);
	}

	@Test
	void keyThatTwoRegistrationsShareStaysUntilBothHaveLeft() {
		ConfigurableApplicationContext context = this.applications.start(Application.class, "orders");
		EtcdServiceRegistry registry = context.getBean(EtcdServiceRegistry.class);
		EtcdRegistration first = byHand(context, "shared");
		EtcdRegistration second = byHand(context, "shared");
		registry.deregister(first);
		assertThat(this.eyes.all("/services/shared/")).hasSize(1);
		registry.deregister(second);
		assertThat(this.eyes.all("/services/shared/")).isEmpty();
	}

	private void assertThatAllLeaveWhileItStillServes(ConfigurableApplicationContext context) throws Exception {
		int port = port(context);
		CompletableFuture<Void> closing = CompletableFuture.runAsync(context::close);
		await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(() -> this.eyes.all(ALL).isEmpty());
		assertThat(answer(port)).isEqualTo(404);
		assertThat(closing).succeedsWithin(SOON);
	}

	private static int answer(int port) throws IOException, InterruptedException {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/")).build();
		return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
	}

	private static EtcdRegistration byHand(ConfigurableApplicationContext context, String service) {
		EtcdRegistration registration = new EtcdRegistration(service, null, "127.0.0.1", port(context), false,
				Map.of());
		context.getBean(EtcdServiceRegistry.class).register(registration);
		return registration;
	}

	private ConfigurableApplicationContext child(ConfigurableApplicationContext parent) {
		return this.applications.start(
				new SpringApplicationBuilder(Application.class).parent(parent).web(WebApplicationType.SERVLET),
				"orders");
	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	/**
	 * A context without auto-configuration.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Plain {

	}

}
