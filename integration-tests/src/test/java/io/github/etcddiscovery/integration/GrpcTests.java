package io.github.etcddiscovery.integration;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.TestApplications;
import io.github.etcddiscovery.view.ServiceView;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.serviceregistry.AutoServiceRegistration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * Spring gRPC's servers are registered, and its clients find them.
 */
class GrpcTests extends GrpcApplicationTests {

	private static final Document PAGE = Document.of("docs/grpc.md");

	@Test
	void applicationWithNothingButAGrpcServerIsRegisteredWithItsPort() {
		int port = grpcPort(stock("first"));
		assertThat(this.eyes.all(STOCK)).containsOnlyKeys(STOCK + "127.0.0.1:" + port)
			.allSatisfy(
					(key, record) -> assertThat(record).contains("\"port\":" + port, "\"gRPC_port\":\"" + port + "\""));
	}

	@Test
	void grpcPortOfAWebApplicationIsMetadataAndTheOneThatIsCalled() {
		ConfigurableApplicationContext both = stock("both", "spring.main.web-application-type=servlet");
		int port = grpcPort(both);
		assertThat(this.eyes.all(STOCK)).containsOnlyKeys(STOCK + "127.0.0.1:" + TestApplications.port(both))
			.allSatisfy((key, record) -> assertThat(record).contains("\"gRPC_port\":\"" + port + "\""));
		ConfigurableApplicationContext caller = caller();
		assertThat(call(channel(caller, "etcd:///stock"))).isEqualTo("both");
		ServiceInstance instance = caller.getBean(DiscoveryClient.class).getInstances("stock").get(0);
		assertThat(instance.getPort()).isEqualTo(TestApplications.port(both));
	}

	@Test
	void metadataOfTheUsersOwnStaysAsItIs() {
		stock("both", "spring.main.web-application-type=servlet",
				"spring.cloud.etcd.discovery.metadata.gRPC_port=4711");
		assertThat(this.eyes.all(STOCK).values()).singleElement().asString().contains("\"gRPC_port\":\"4711\"");
	}

	@Test
	void callsFollowInstancesThatComeRefuseTrafficAcceptItAgainAndGo() {
		ConfigurableApplicationContext first = stock("first");
		Channel channel = channel(caller(), "etcd:///stock");
		reaches(channel, "first");
		ConfigurableApplicationContext second = stock("second");
		reaches(channel, "first", "second");
		AvailabilityChangeEvent.publish(first, ReadinessState.REFUSING_TRAFFIC);
		reaches(channel, "second");
		AvailabilityChangeEvent.publish(first, ReadinessState.ACCEPTING_TRAFFIC);
		reaches(channel, "first", "second");
		second.close();
		assertThat(reached(channel)).containsExactly("first");
	}

	@Test
	void examplesOfThePageCallTheService() {
		assertThat(PAGE.blocks("java").get(0)).satisfies((block) -> assertThat(source("StockClients")).endsWith(block));
		assertThat(PAGE.blocks("java").get(1)).satisfies((block) -> assertThat(source("StockChannel")).endsWith(block));
		assertThat(PAGE.blocks("java")).hasSize(2);
		stock("first");
		ConfigurableApplicationContext caller = caller(ClientApplication.class,
				Document.properties(PAGE.blocks("yaml").get(0))
					.entrySet()
					.stream()
					.map((property) -> property.getKey() + "=" + property.getValue())
					.toArray(String[]::new));
		assertThat(caller.getBean(HealthGrpc.HealthBlockingStub.class)
			.check(HealthCheckRequest.getDefaultInstance())
			.getStatus()).isEqualTo(ServingStatus.SERVING);
		@SuppressWarnings("unchecked")
		ManagedChannel channel = new StockChannel(caller.getBean(ServiceView.class)).open();
		reaches(channel, "first");
		channel.shutdownNow();
	}

	@Test
	void noCallFailsWhileInstancesAreReplacedOrTheirLifecycleIsStoppedAndStarted() {
		ConfigurableApplicationContext first = stock("first");
		ConfigurableApplicationContext second = stock("second");
		Channel channel = channel(caller(), "etcd:///stock");
		reaches(channel, "first", "second");
		AtomicBoolean done = new AtomicBoolean();
		CompletableFuture<Integer> calls = CompletableFuture.supplyAsync(() -> {
			int made = 0;
			for (; !done.get(); made++) {
				call(channel);
			}
			return made;
		});
		int before = grpcPort(first);
		first.stop();
		assertThat(this.eyes.all(STOCK)).hasSize(1);
		first.start();
		assertThat(grpcPort(first)).isNotEqualTo(before);
		reaches(channel, "first", "second");
		second.close();
		stock("third");
		reaches(channel, "first", "third");
		first.close();
		reaches(channel, "third");
		done.set(true);
		assertThat(calls).succeedsWithin(SOON).satisfies((made) -> assertThat(made).isGreaterThan(100));
	}

	@Test
	void pausedServerIsDeregisteredAndRegisteredAgainWithItsNewPort() {
		ConfigurableApplicationContext stock = stock("first");
		int before = grpcPort(stock);
		stock.pause();
		assertThat(this.eyes.all(STOCK)).isEmpty();
		stock.restart();
		assertThat(grpcPort(stock)).isNotEqualTo(before);
		await().atMost(SOON)
			.untilAsserted(
					() -> assertThat(this.eyes.all(STOCK)).containsOnlyKeys(STOCK + "127.0.0.1:" + grpcPort(stock)));
	}

	@Test
	void serviceMayKnowItsOwnRegistration() {
		int port = grpcPort(stock(CuriousApplication.class, "first"));
		assertThat(this.eyes.all(STOCK)).containsOnlyKeys(STOCK + "127.0.0.1:" + port);
	}

	@Test
	void grpcServerThatOthersDoNotReachIsNotAdvertised() {
		stock("both", "spring.main.web-application-type=servlet", "spring.grpc.server.address=127.0.0.1",
				"spring.cloud.etcd.discovery.host=10.0.0.5");
		assertThat(this.eyes.all(STOCK).values()).singleElement().asString().doesNotContain("gRPC_port");
	}

	@Test
	void instanceWhoseHostIsNotKnownIsLeftOut() {
		this.eyes.put(STOCK + "unknown", "{\"host\":\"unknown.invalid\",\"port\":1}");
		Channel channel = channel(caller(), "etcd:///stock");
		failsWith(channel, "Cannot call stock: none of its instances in etcd may be called");
		stock("first");
		reaches(channel, "first");
	}

	@Test
	void callFailsWithTheReasonAsLongAsEtcdCouldNotBeRead() {
		this.etcd.kill();
		Channel channel = channel(caller("spring.cloud.etcd.fail-fast=false"), "etcd:///stock");
		failsWith(channel, "Cannot call stock: etcd has not been read yet: ");
		this.etcd.startAgain();
		stock("first");
		reaches(channel, "first");
	}

	@Test
	void targetThatNamesNoServiceIsRefusedWithTheReason() {
		ConfigurableApplicationContext caller = caller();
		for (String target : List.of("etcd://stock", "etcd:stock", "etcd://host/stock")) {
			assertThatIllegalArgumentException().isThrownBy(() -> channel(caller, target))
				.withMessageContaining("Cannot resolve " + target + ": expected etcd:///{service}");
		}
		assertThatIllegalArgumentException().isThrownBy(() -> channel(caller, "etcd:///a/b"))
			.withMessageContaining("Cannot resolve etcd:///a/b: Invalid service id 'a/b': expected 1 to 128 letters");
	}

	@Test
	void callOverAChannelThatHasNoViewFailsWithTheReason() {
		String reason = "Cannot call stock: expected discovery over etcd to be enabled, and a channel of Spring gRPC's or"
				+ " one with setNameResolverArg(EtcdNameResolverProvider.VIEW, view)";
		ManagedChannel channel = ManagedChannelBuilder.forTarget("etcd:///stock").usePlaintext().build();
		failsWith(channel, reason);
		channel.shutdownNow();
		failsWith(channel(caller("spring.cloud.etcd.enabled=false"), "etcd:///stock"), reason);
	}

	private static String source(String className) {
		return Document.of("integration-tests/src/test/java/io/github/etcddiscovery/integration/" + className + ".java")
			.text();
	}

	/** One that wants to know how it is registered. */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class CuriousApplication {

		@Bean
		BindableService stock(AutoServiceRegistration registration) {
			assertThat(registration).isNotNull();
			return new StockApplication().stock(new StandardEnvironment());
		}

	}

	/** Calls it as the page says. */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(StockClients.class)
	static class ClientApplication {

	}

}
