package io.github.etcddiscovery.cloud.discovery;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * Starting only when others are there.
 */
@RequiresEtcd
@ExtendWith(OutputCaptureExtension.class)
class AwaitedInstancesTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final String TWO = "spring.cloud.etcd.discovery.wait-for.stock=2";

	AwaitedInstancesTests() {
		super(EtcdBinary.newest());
	}

	@Test
	void startWaitsUntilEnoughInstancesMayBeCalled(CapturedOutput output) throws Exception {
		put("a", "UP");
		CompletableFuture<ConfigurableApplicationContext> start = CompletableFuture.supplyAsync(() -> start(TWO));
		await().atMost(SOON)
			.until(() -> output.toString().contains("Waiting up to 30000 ms for stock (1 of 2 instances)"));
		assertThat(this.eyes.all("/services/orders/")).as("registers itself only after that").isEmpty();
		assertThat(start).isNotDone();
		put("b", "UP");
		ConfigurableApplicationContext context = start.get(SOON.toSeconds(), TimeUnit.SECONDS);
		assertThat(context.getBean(DiscoveryClient.class).getInstances("stock")).hasSize(2);
		assertThat(this.eyes.all("/services/orders/")).hasSize(1);
	}

	@Test
	void startFailsInASentenceWhenTheyDoNotComeOrMayNotBeCalled(CapturedOutput output) {
		put("a", "UP");
		put("b", "OUT_OF_SERVICE");
		put("c", "DOWN");
		assertThatThrownBy(() -> start(TWO, "spring.cloud.etcd.discovery.wait-for.cart=1",
				"spring.cloud.etcd.discovery.wait-timeout=300ms"));
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains(
					"Missing after 300 ms: cart (0 of 1 instances), stock (1 of 2 instances); services seen are [stock]")
			.contains("spring.cloud.etcd.discovery.wait-timeout")
			.contains("spring.cloud.etcd.fail-fast=false");
	}

	@Test
	void whoeverIsStartedAgainDoesNotWaitAgain() {
		put("a", "UP");
		put("b", "UP");
		ConfigurableApplicationContext context = start(TWO, "spring.cloud.etcd.discovery.wait-timeout=300ms");
		context.stop();
		this.eyes.deleteAll("/services/stock/");
		await().atMost(SOON).until(() -> context.getBean(DiscoveryClient.class).getInstances("stock").isEmpty());
		context.start();
		await().atMost(SOON).until(() -> this.eyes.all("/services/orders/").size() == 1);
	}

	@Test
	void withoutFailFastTheStartGoesOnWithoutThem(CapturedOutput output) {
		start(TWO, "spring.cloud.etcd.discovery.wait-timeout=300ms", "spring.cloud.etcd.fail-fast=false");
		assertThat(output)
			.contains("Missing after 300 ms: stock (0 of 2 instances); services seen are []: starting without them");
	}

	@Test
	void closingMeanwhileEndsTheStartAtOnce(CapturedOutput output) {
		CompletableFuture<ConfigurableApplicationContext> starting = new CompletableFuture<>();
		SpringApplicationBuilder application = application().initializers(starting::complete);
		CompletableFuture<?> start = CompletableFuture
			.runAsync(() -> this.applications.start(application, "orders", TWO));
		await().atMost(SOON).until(() -> output.toString().contains("Waiting up to 30000 ms"));
		starting.join().close();
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> start.get(5, TimeUnit.SECONDS))
			.havingRootCause()
			.isInstanceOf(InstancesMissingException.class)
			.withMessage("Interrupted while waiting for stock (0 of 2 instances)");
		assertThat(output).contains("Waiting no longer: the application is closing");
	}

	private ConfigurableApplicationContext start(String... properties) {
		String[] all = new String[properties.length + 1];
		System.arraycopy(properties, 0, all, 0, properties.length);
		all[properties.length] = "spring.cloud.etcd.discovery.port=80";
		return this.applications.start(application(), "orders", all);
	}

	private static SpringApplicationBuilder application() {
		return new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE);
	}

	private void put(String id, String status) {
		this.eyes.put("/services/stock/" + id, "{\"host\":\"h\",\"port\":1,\"status\":\"%s\"}".formatted(status));
	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
