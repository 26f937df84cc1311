package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.doubles.MemoryEtcdClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.Ordered;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests of {@link GracefulDeregistration} with registrations made by hand.
 */
@ExtendWith(OutputCaptureExtension.class)
class GracefulDeregistrationTests {

	private static final String DRAINED = "Deregistered; serving on for 20 ms";

	private final MemoryEtcdClient etcd = new MemoryEtcdClient();

	private final GenericApplicationContext context = new GenericApplicationContext();

	private final EtcdServiceRegistry registry = MemoryRegistry.over(this.etcd, true, Duration.ofSeconds(5));

	private final EtcdRegistration registration = registration("orders");

	private static EtcdRegistration registration(String serviceId) {
		return new EtcdRegistration(serviceId, null, "h", 8080, false, Map.of());
	}

	private GracefulDeregistration deregistration(int server, int grpc, boolean deregister, Duration drain) {
		return new GracefulDeregistration(this.context, this.registry, new Ports(server, grpc), deregister, drain);
	}

	private GracefulDeregistration deregistration() {
		return deregistration(8080, 0, true, Duration.ofMillis(20));
	}

	@AfterEach
	void close() {
		this.registry.close();
	}

	@Test
	void closedContextTakesOutWhatWasRegisteredByHandAndServesOn(CapturedOutput output) {
		GracefulDeregistration deregistration = deregistration();
		this.registry.register(this.registration);
		deregistration.onApplicationEvent(new ContextClosedEvent(this.context));
		assertThat(this.etcd.keys()).isEmpty();
		assertThat(deregistration.isDraining()).isTrue();
		assertThat(output).contains(DRAINED);
		assertThatIllegalStateException().isThrownBy(() -> this.registry.register(this.registration));
	}

	@Test
	void gRpcServerAloneServesOnToo(CapturedOutput output) {
		this.registry.register(this.registration);
		deregistration(0, 9090, true, Duration.ofMillis(20)).onApplicationEvent(new ContextClosedEvent(this.context));
		assertThat(output).contains(DRAINED);
	}

	@Test
	void severalGrpcServersServeOnThoughNoneOfThemIsAdvertised(CapturedOutput output) {
		this.registry.register(this.registration);
		BoundPorts several = new BoundPorts() {

			@Override
			public boolean hasGrpcServer() {
				return true;
			}

			@Override
			public int grpc() {
				throw new IllegalStateException("thrown on purpose");
			}

		};
		new GracefulDeregistration(this.context, this.registry, several, true, Duration.ofMillis(20))
			.onApplicationEvent(new ContextClosedEvent(this.context));
		assertThat(output).contains(DRAINED);
	}

	@Test
	void nobodyIsWaitedForWhereNothingServes(CapturedOutput output) {
		this.registry.register(this.registration);
		deregistration(0, 0, true, Duration.ofMillis(20)).onApplicationEvent(new ContextClosedEvent(this.context));
		assertThat(this.etcd.keys()).isEmpty();
		assertThat(output).doesNotContain("serving on");
	}

	@Test
	void nobodyIsWaitedForWhereNothingWasRegisteredOrNoTimeIsGiven(CapturedOutput output) {
		deregistration().onApplicationEvent(new ContextClosedEvent(this.context));
		GracefulDeregistration atOnce = deregistration(8080, 0, true, Duration.ZERO);
		atOnce.drain(new Ports(8080, 0));
		assertThat(output).doesNotContain("serving on");
	}

	@Test
	void otherContextsAndOtherEventsChangeNothing() {
		GracefulDeregistration deregistration = deregistration();
		this.registry.register(this.registration);
		deregistration.onApplicationEvent(new ContextClosedEvent(new GenericApplicationContext()));
		deregistration.onApplicationEvent(new ContextRefreshedEvent(this.context));
		assertThat(this.etcd.keys()).hasSize(1);
		assertThat(deregistration.isDraining()).isFalse();
	}

	@Test
	void recordsAreLeftToTheirLeaseWhereLeavingDoesNotDeregister() {
		GracefulDeregistration deregistration = deregistration(8080, 0, false, Duration.ofMillis(20));
		assertThat(deregistration.isEnabled()).isFalse();
		this.registry.register(this.registration);
		deregistration.onApplicationEvent(new ContextClosedEvent(this.context));
		assertThat(this.etcd.keys()).hasSize(1);
		assertThat(deregistration.isDraining()).as("nobody has been told").isFalse();
	}

	@Test
	void withdrawnRegistrationLeavesTheOthersUnlessTheContextCloses() {
		GracefulDeregistration deregistration = deregistration();
		EtcdRegistration other = registration("stock");
		this.registry.register(this.registration);
		this.registry.register(other);
		assertThat(deregistration.withdraw(List.of(this.registration), null)).isTrue();
		assertThat(this.etcd.keys()).containsExactly("/services/stock/h:8080");
		assertThat(deregistration.withdraw(List.of(this.registration), null)).as("again").isFalse();
		assertThat(deregistration.isDraining()).isTrue();
		deregistration.begin();
		assertThat(deregistration.isDraining()).isFalse();
		this.registry.register(this.registration);
		assertThat(deregistration.withdraw(List.of(this.registration), this.context)).isTrue();
		assertThat(this.etcd.keys()).isEmpty();
		assertThat(deregistration.withdraw(List.of(), this.context)).as("nothing is left").isFalse();
		assertThatIllegalStateException().isThrownBy(() -> this.registry.register(this.registration));
	}

	@Test
	void onlyTheContextOfTheRegistryAbandonsIt() {
		GracefulDeregistration deregistration = deregistration();
		this.registry.register(this.registration);
		deregistration.abandon(new GenericApplicationContext());
		assertThat(this.registry.getRecords()).hasSize(1);
		deregistration.abandon(this.context);
		assertThat(this.registry.getRecords()).isEmpty();
	}

	@Test
	void comesBeforeListenersThatTakeDownWhatRequestsNeed() {
		assertThat(deregistration().getOrder()).isEqualTo(Ordered.HIGHEST_PRECEDENCE + 1);
		assertThat(deregistration().supportsEventType(ContextClosedEvent.class)).isTrue();
		assertThat(deregistration().supportsEventType(ContextRefreshedEvent.class)).isFalse();
	}

	private record Ports(int server, int grpc) implements BoundPorts {

		@Override
		public boolean hasGrpcServer() {
			return this.grpc != 0;
		}

	}

}
