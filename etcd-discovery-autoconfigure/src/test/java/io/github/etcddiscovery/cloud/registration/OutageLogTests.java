package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.List;

import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.ViewState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What an application logs while etcd is away.
 */
@RequiresEtcd
@ExtendWith(OutputCaptureExtension.class)
class OutageLogTests extends EtcdApplicationTests {

	/** Longer than it takes a view to log an interruption. */
	private static final Duration OUTAGE = Duration.ofSeconds(7);

	private static final Duration SOON = Duration.ofSeconds(15);

	OutageLogTests() {
		super(EtcdBinary.newest());
	}

	@Test
	void oneLineReportsThatEtcdIsAwayAndOneThatItIsBack(CapturedOutput output) {
		ConfigurableApplicationContext context = start("orders", "spring.cloud.etcd.request-timeout=500ms",
				"spring.cloud.etcd.discovery.service-prefixes.pay=/pay",
				"spring.cloud.etcd.discovery.write-also.service-prefix=/legacy/orders",
				"spring.cloud.etcd.discovery.write-also.format=url", "spring.cloud.etcd.discovery.heartbeat=500ms",
				"spring.cloud.etcd.discovery.ttl=60s");
		ServiceView<?> view = context.getBean(ServiceView.class);
		// The start waits for the registration no longer than the request timeout.
		await().atMost(SOON)
			.until(() -> output.toString().contains("Registered /services/orders/")
					&& output.toString().contains("Registered /legacy/orders/"));
		int before = output.toString().length();
		this.etcd.kill();
		await().atMost(SOON).until(() -> view.staleness().compareTo(OUTAGE) > 0);
		assertThat(ours(output, before)).singleElement().asString().contains("No connection to etcd at");
		int away = output.toString().length();
		this.etcd.startAgain();
		await().atMost(SOON).until(() -> view.state() == ViewState.WATCHING);
		awaitRenewal(context);
		assertThat(ours(output, away)).singleElement().asString().contains("Connected to etcd at");
	}

	@Test
	void startWithoutEtcdLogsTheMissingConnectionOnce(CapturedOutput output) {
		this.etcd.kill();
		ConfigurableApplicationContext context = start("orders", "spring.cloud.etcd.fail-fast=false",
				"spring.cloud.etcd.request-timeout=500ms");
		ServiceView<?> view = context.getBean(ServiceView.class);
		await().atMost(SOON).until(() -> view.staleness().compareTo(OUTAGE) > 0);
		assertThat(output.getOut()).containsOnlyOnce("No connection to etcd at").doesNotContain("is not current");
		this.etcd.startAgain();
		await().atMost(SOON).until(() -> view.state() == ViewState.WATCHING);
		assertThat(output.getOut()).containsPattern("Connected to etcd at \\S+ after \\d{1,5} ms without a connection");
	}

	private void awaitRenewal(ConfigurableApplicationContext context) {
		EtcdServiceRegistry registry = context.getBean(EtcdServiceRegistry.class);
		await().atMost(SOON).until(() -> registry.getStatistics().leaseRemaining().toMillis() > 59_000);
	}

	/** The lines of the starter that were written after a position. */
	private static List<String> ours(CapturedOutput output, int from) {
		return output.toString()
			.substring(from)
			.lines()
			.filter((line) -> line.contains(" INFO ") || line.contains(" WARN ") || line.contains("ERROR"))
			.filter((line) -> !line.contains("EtcdProcess"))
			.toList();
	}

	private ConfigurableApplicationContext start(String name, String... properties) {
		return this.applications.start(Application.class, name, properties);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
