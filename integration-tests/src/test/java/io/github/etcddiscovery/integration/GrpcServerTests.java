package io.github.etcddiscovery.integration;

import java.time.Duration;
import java.util.List;

import io.grpc.BindableService;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.grpc.server.NettyGrpcServerFactory;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Applications with several gRPC servers, or in several contexts.
 */
@ExtendWith(OutputCaptureExtension.class)
class GrpcServerTests extends GrpcApplicationTests {

	@Test
	void applicationWithTwoServersAdvertisesTheOneThatThePropertyNames() {
		ConfigurableApplicationContext stock = stock(TwoServersApplication.class, "first",
				"spring.cloud.etcd.discovery.grpc-server=publicServer");
		int port = stock.getBean("publicServer", GrpcServerLifecycle.class).getPort();
		assertThat(this.eyes.all(STOCK)).containsOnlyKeys(STOCK + "127.0.0.1:" + port);
	}

	@Test
	void applicationWithTwoServersDoesNotStartIfNoPropertySaysWhichOneIsAdvertised(CapturedOutput output) {
		assertThatException().isThrownBy(() -> stock(TwoServersApplication.class, "first"));
		assertThat(output).contains("configuration property 'spring.cloud.etcd.discovery.grpc-server'",
				"Expected one of [adminServer, publicServer], because the application has several gRPC servers.");
		assertThat(this.eyes.all(STOCK)).isEmpty();
	}

	@Test
	void inProcessServerBesideAnotherOneIsLeftAlone() {
		ConfigurableApplicationContext stock = stock("first", "spring.grpc.server.inprocess.name=stock");
		assertThat(stock.getBeansOfType(GrpcServerLifecycle.class)).hasSize(2);
		int port = stock.getBean("nettyGrpcServerLifecycle", GrpcServerLifecycle.class).getPort();
		assertThat(this.eyes.all(STOCK)).containsOnlyKeys(STOCK + "127.0.0.1:" + port);
	}

	@Test
	void contextsOfAHierarchyAreRegisteredEachWithItsOwnServer() {
		ConfigurableApplicationContext parent = caller();
		ConfigurableApplicationContext stock = child(parent, "stock");
		ConfigurableApplicationContext orders = child(parent, "orders");
		assertThat(this.eyes.all(STOCK)).containsOnlyKeys(STOCK + "127.0.0.1:" + grpcPort(stock));
		assertThat(this.eyes.all("/services/orders/"))
			.containsOnlyKeys("/services/orders/127.0.0.1:" + grpcPort(orders));
		reaches(channel(parent, "etcd:///stock"), "stock");
		reaches(channel(orders, "etcd:///stock"), "stock");
		reaches(channel(stock, "etcd:///orders"), "orders");
		orders.close();
		assertThat(this.eyes.all("/services/orders/")).isEmpty();
		assertThat(this.eyes.all(STOCK)).hasSize(1);
		reaches(channel(parent, "etcd:///stock"), "stock");
	}

	private ConfigurableApplicationContext child(ConfigurableApplicationContext parent, String name) {
		return this.applications.start(new SpringApplicationBuilder(StockApplication.class).parent(parent), name,
				"spring.main.web-application-type=none", "spring.grpc.server.port=0",
				"spring.cloud.gateway.server.webflux.enabled=false", "spring.cloud.etcd.discovery.register=true",
				"instance=" + name);
	}

	/** Its servers are its own, so that Spring Boot configures none. */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(StockApplication.class)
	static class TwoServersApplication {

		@Bean
		NettyGrpcServerFactory publicFactory(@Qualifier("stock") BindableService service) {
			NettyGrpcServerFactory factory = new NettyGrpcServerFactory("127.0.0.1:0", List.of(), null, null, null);
			factory.addService(service.bindService());
			return factory;
		}

		@Bean
		NettyGrpcServerFactory adminFactory() {
			return new NettyGrpcServerFactory("127.0.0.1:0", List.of(), null, null, null);
		}

		@Bean
		GrpcServerLifecycle publicServer(@Qualifier("publicFactory") NettyGrpcServerFactory factory,
				ApplicationEventPublisher events) {
			return new GrpcServerLifecycle(factory, Duration.ZERO, events);
		}

		@Bean
		GrpcServerLifecycle adminServer(@Qualifier("adminFactory") NettyGrpcServerFactory factory,
				ApplicationEventPublisher events) {
			return new GrpcServerLifecycle(factory, Duration.ZERO, events);
		}

	}

}
