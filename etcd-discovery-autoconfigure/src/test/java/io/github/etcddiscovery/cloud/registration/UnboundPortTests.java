package io.github.etcddiscovery.cloud.registration;

import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of applications whose web server is bound to no port, or that have none.
 */
@RequiresEtcd
@ExtendWith(OutputCaptureExtension.class)
class UnboundPortTests extends EtcdApplicationTests {

	UnboundPortTests() {
		super(EtcdBinary.newest());
	}

	@ParameterizedTest
	@ValueSource(strings = { "server.port=-1", "spring.main.web-application-type=none" })
	void applicationWithoutABoundPortStartsAndSaysThatItIsNotRegistered(String property, CapturedOutput output) {
		ConfigurableApplicationContext context = this.applications.start(Application.class, "orders", property);
		assertThat(context.isRunning()).isTrue();
		assertThat(this.eyes.all("/services/")).isEmpty();
		assertThat(output.toString().lines()).filteredOn((line) -> line.contains("Not registering orders"))
			.singleElement()
			.asString()
			.contains(" INFO ");
	}

	@Test
	void portThatIsSaidIsRegisteredWhereTheServerIsBoundToNone() {
		this.applications.start(Application.class, "orders", "server.port=-1", "spring.cloud.etcd.discovery.port=4711");
		assertThat(this.eyes.all("/services/")).containsOnlyKeys("/services/orders/127.0.0.1:4711");
	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
