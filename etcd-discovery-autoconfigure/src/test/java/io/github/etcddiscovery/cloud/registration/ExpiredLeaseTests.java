package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;

import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that a registration is not shown as being in etcd once its lease has run out.
 */
@RequiresEtcd
class ExpiredLeaseTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	ExpiredLeaseTests() {
		super(EtcdBinary.newest());
	}

	@Test
	void registrationWhoseLeaseHasRunOutDuringAnOutageIsNotShownAsRegistered() {
		ConfigurableApplicationContext context = this.applications.start(Application.class, "orders",
				"spring.cloud.etcd.discovery.ttl=2s", "spring.cloud.etcd.discovery.heartbeat=500ms");
		EtcdServiceRegistry registry = context.getBean(EtcdServiceRegistry.class);
		EtcdRegistration registration = context.getBean(EtcdRegistration.class);
		assertThat(registry.getState(registration)).isEqualTo(RecordState.REGISTERED);
		assertThat(registry.getStatistics().registered()).isEqualTo(1);
		this.etcd.kill();
		await().atMost(SOON).until(() -> registry.getState(registration) == RecordState.WANTED);
		assertThat(registry.getStatistics()).isEqualTo(new RegistrationStatistics(0, 0, Duration.ZERO));
		assertThat(registry.getRecords()).singleElement().satisfies((record) -> {
			assertThat(record.state()).isEqualTo(RecordState.WANTED);
			assertThat(record.leaseRemainingMillis()).isZero();
			assertThat(record.summary())
				.isEqualTo("WANTED: its lease may have run out, since etcd could not be asked to renew it");
		});
		this.etcd.startAgain();
		await().atMost(SOON).until(() -> registry.getState(registration) == RecordState.REGISTERED);
		assertThat(registry.getStatistics().registered()).isEqualTo(1);
		assertThat(registry.getRecords()).singleElement()
			.satisfies((record) -> assertThat(record.summary()).isEqualTo("REGISTERED"));
	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
