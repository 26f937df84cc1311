package io.github.etcddiscovery.cloud.registration;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.cloud.EtcdUnavailableException;
import io.github.etcddiscovery.doubles.MemoryEtcdClient;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.registry.RecordState;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.discovery.event.InstancePreRegisteredEvent;
import org.springframework.cloud.client.discovery.event.InstanceRegisteredEvent;
import org.springframework.cloud.client.serviceregistry.RegistrationLifecycle;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.Ordered;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests of {@link EtcdAutoServiceRegistration}: which events register and deregister, on
 * an etcd that answers everything at once. Tests of {@link RegistrationAnnouncer}.
 */
@ExtendWith(OutputCaptureExtension.class)
class AutoServiceRegistrationTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final String KEY = "/services/orders/h:8080";

	private final GenericApplicationContext context = new GenericApplicationContext();

	private final List<ApplicationEvent> published = new CopyOnWriteArrayList<>();

	private final MemoryEtcdClient etcd = new MemoryEtcdClient();

	private final List<String> callbacks = new CopyOnWriteArrayList<>();

	private final EtcdServiceRegistry registry = MemoryRegistry.over(this.etcd, true, Duration.ofMillis(500));

	private final EtcdRegistration registration = new EtcdRegistration("orders", null, "h", 0, false, Map.of());

	private final Ports ports = new Ports();

	private final GivenSource source = new GivenSource();

	private Runnable beforeStart = () -> {
	};

	private Duration drain = Duration.ZERO;

	private GracefulDeregistration deregistration;

	private EtcdAutoServiceRegistration automatic;

	@BeforeEach
	void create() {
		this.context.addApplicationListener(this.published::add);
		this.context.refresh();
		this.published.clear();
		this.automatic = automatic(true, true);
	}

	private EtcdAutoServiceRegistration automatic(boolean followReadiness, boolean deregister) {
		RegistrationLifecycle<EtcdRegistration> callback = new RegistrationLifecycle<>() {
			@Override
			public void postProcessBeforeStartRegister(EtcdRegistration registration) {
				AutoServiceRegistrationTests.this.beforeStart.run();
			}

			@Override
			public void postProcessAfterStartRegister(EtcdRegistration registration) {
				AutoServiceRegistrationTests.this.callbacks.add("after start");
			}

			@Override
			public void postProcessBeforeStopRegister(EtcdRegistration registration) {
				AutoServiceRegistrationTests.this.callbacks
					.add("before stop of " + AutoServiceRegistrationTests.this.etcd.keys().size());
			}

			@Override
			public void postProcessAfterStopRegister(EtcdRegistration registration) {
				AutoServiceRegistrationTests.this.callbacks
					.add("after stop of " + AutoServiceRegistrationTests.this.etcd.keys().size());
			}
		};
		this.deregistration = new GracefulDeregistration(this.context, this.registry, this.ports, deregister,
				this.drain);
		return new EtcdAutoServiceRegistration(this.context, this.registry, this.deregistration, this.ports,
				this.registration, this.source, new RegistrationLifecycles(List.of(callback), List.of()),
				new EtcdAutoServiceRegistration.Settings(followReadiness, true, "nowhere", true, InstanceStatus.UP,
						null));
	}

	@AfterEach
	void close() {
		this.automatic.destroy();
		this.registry.close();
		this.context.close();
	}

	private void ready(ConfigurableApplicationContext source) {
		this.automatic.onApplicationEvent(
				new ApplicationReadyEvent(new SpringApplication(), new String[0], source, Duration.ZERO));
	}

	private void readiness(Object source, ReadinessState state) {
		this.automatic.onApplicationEvent(new AvailabilityChangeEvent<>(source, state));
	}

	private void accepting() {
		readiness(this.context, ReadinessState.ACCEPTING_TRAFFIC);
	}

	private boolean isRegistered() {
		return this.registry.getState(this.registration) == RecordState.REGISTERED;
	}

	@Test
	void registersAtTheFirstAcceptedTrafficAfterReady() {
		this.automatic.start();
		assertThat(isRegistered()).isFalse();
		ready(this.context);
		assertThat(isRegistered()).isFalse();
		accepting();
		assertThat(isRegistered()).isTrue();
		assertThat(this.registry.getRecords()).extracting(RegisteredRecord::key)
			.containsExactly("/services/orders/h:8080");
		assertThat(this.published).hasAtLeastOneElementOfType(InstancePreRegisteredEvent.class)
			.hasAtLeastOneElementOfType(InstanceRegisteredEvent.class);
	}

	@Test
	void trafficThatIsAcceptedBeforeReadyDoesNotCountYet() {
		this.automatic.start();
		accepting();
		assertThat(isRegistered()).isFalse();
		ready(this.context);
		assertThat(isRegistered()).isTrue();
	}

	@Test
	void withoutFollowingReadinessReadyIsEnough() {
		this.automatic = automatic(false, true);
		this.automatic.start();
		ready(this.context);
		assertThat(isRegistered()).isTrue();
		readiness(this.context, ReadinessState.REFUSING_TRAFFIC);
		assertThat(this.registry.<String>getStatus(this.registration)).isEqualTo("UP");
	}

	@Test
	void nothingIsRegisteredBeforeTheStart() {
		ready(this.context);
		accepting();
		assertThat(isRegistered()).isFalse();
		this.automatic.start();
		assertThat(isRegistered()).isTrue();
		assertThat(this.automatic.isRunning()).isTrue();
	}

	@Test
	void eventsOfAnotherContextDoNotCount() {
		GenericApplicationContext other = new GenericApplicationContext();
		this.automatic.start();
		ready(other);
		accepting();
		assertThat(isRegistered()).isFalse();
		ready(this.context);
		readiness(other, ReadinessState.REFUSING_TRAFFIC);
		assertThat(this.registry.<String>getStatus(this.registration)).isEqualTo("UP");
		this.automatic.onApplicationEvent(new ContextClosedEvent(other));
		assertThat(isRegistered()).isTrue();
	}

	@Test
	void readinessOfAnySourceThatIsNoContextCounts() {
		this.automatic.start();
		ready(this.context);
		readiness("a thread", ReadinessState.ACCEPTING_TRAFFIC);
		assertThat(isRegistered()).isTrue();
	}

	@Test
	void refusedTrafficIsPublishedAndTakenBack() {
		this.automatic.start();
		ready(this.context);
		accepting();
		readiness(this.context, ReadinessState.REFUSING_TRAFFIC);
		assertThat(this.registry.<String>getStatus(this.registration)).isEqualTo("OUT_OF_SERVICE");
		accepting();
		assertThat(this.registry.<String>getStatus(this.registration)).isEqualTo("UP");
	}

	@Test
	void closedContextDeregistersAndNothingComesAfterThat() {
		this.automatic.start();
		ready(this.context);
		accepting();
		this.automatic.onApplicationEvent(new ContextClosedEvent(this.context));
		assertThat(this.registry.getRecords()).isEmpty();
		accepting();
		assertThat(this.registry.getRecords()).isEmpty();
	}

	@Test
	void stoppedLifecycleDeregistersAndRegistersAgainWithTheNewPort() {
		this.automatic.start();
		ready(this.context);
		accepting();
		this.automatic.stop();
		assertThat(this.automatic.isRunning()).isFalse();
		assertThat(this.registry.getRecords()).isEmpty();
		assertThat(this.deregistration.isDraining()).isTrue();
		this.ports.server = 9090;
		this.automatic.start();
		assertThat(this.deregistration.isDraining()).isFalse();
		assertThat(this.registry.getRecords()).extracting(RegisteredRecord::key)
			.containsExactly("/services/orders/h:9090");
	}

	@Test
	void applicationWithoutAPortIsTriedAgainLater() {
		this.ports.server = 0;
		this.automatic.start();
		ready(this.context);
		accepting();
		assertThat(this.registry.getRecords()).isEmpty();
		assertThat(this.published).isEmpty();
		this.ports.server = 8080;
		accepting();
		assertThat(isRegistered()).isTrue();
	}

	@Test
	void callbackThatThrowsIsTriedAgainAtTheNextEvent() {
		this.automatic.start();
		ready(this.context);
		this.beforeStart = () -> {
			throw new IllegalStateException("thrown on purpose");
		};
		assertThatIllegalStateException().isThrownBy(this::accepting).withMessage("thrown on purpose");
		assertThat(this.registry.getRecords()).isEmpty();
		this.beforeStart = () -> {
		};
		accepting();
		assertThat(isRegistered()).isTrue();
	}

	@Test
	void applicationIsTakenOutAgainIfItsManagementServerCannotBeRegistered() {
		this.ports.management = 8081;
		this.source.management = new EtcdRegistration("orders-management", null, "user@evil", 0, false, Map.of());
		this.automatic = automatic(true, true);
		this.automatic.start();
		ready(this.context);
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(this::accepting)
			.withMessageContaining("user@evil");
		assertThat(this.registry.getRecords()).isEmpty();
	}

	@Test
	void withoutDeregisteringTheRecordIsLeftToItsLease() {
		this.automatic = automatic(true, false);
		this.automatic.start();
		ready(this.context);
		accepting();
		this.automatic.onApplicationEvent(new ContextClosedEvent(this.context));
		assertThat(isRegistered()).isTrue();
	}

	@Test
	void refusedTrafficIsPublishedInEtcd() {
		register();
		readiness(this.context, ReadinessState.REFUSING_TRAFFIC);
		awaitStatus("OUT_OF_SERVICE");
		accepting();
		awaitStatus("UP");
	}

	private void register() {
		this.automatic.start();
		ready(this.context);
		accepting();
	}

	private void awaitStatus(String status) {
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.etcd.value(KEY)).contains("\"status\":\"" + status + "\""));
	}

	@Test
	void trafficThatIsRefusedOnTheWayInIsPublishedAtOnce() {
		this.beforeStart = () -> readiness(this.context, ReadinessState.REFUSING_TRAFFIC);
		register();
		awaitStatus("OUT_OF_SERVICE");
	}

	@Test
	void contextThatClosesOnTheWayInRegistersNothing() {
		this.beforeStart = () -> this.automatic.onApplicationEvent(new ContextClosedEvent(this.context));
		register();
		assertThat(this.registry.getRecords()).isEmpty();
		assertThat(this.etcd.keys()).isEmpty();
	}

	@Test
	void callbacksAreCalledAroundRegisteringAndLeaving(CapturedOutput output) {
		this.drain = Duration.ofMillis(20);
		this.automatic = automatic(true, true);
		register();
		assertThat(this.callbacks).containsExactly("after start");
		this.automatic.onApplicationEvent(new ContextClosedEvent(this.context));
		assertThat(this.callbacks).containsExactly("after start", "before stop of 1", "after stop of 0");
		assertThat(output).contains("Deregistered; serving on for 20 ms");
		this.automatic.onApplicationEvent(new ContextClosedEvent(this.context));
		assertThat(this.callbacks).as("once").hasSize(3);
	}

	@Test
	void nobodyIsWaitedForIfNothingWasInEtcd(CapturedOutput output) {
		this.drain = Duration.ofMillis(20);
		this.automatic = automatic(true, true);
		this.etcd.refusePuts(Reason.UNAVAILABLE);
		register();
		this.automatic.onApplicationEvent(new ContextClosedEvent(this.context));
		assertThat(output).doesNotContain("serving on");
	}

	@Test
	void stoppedLifecycleLeavesTheRecordToItsLeaseWithoutDeregistering() {
		this.automatic = automatic(true, false);
		register();
		this.automatic.stop();
		assertThat(this.registry.getRecords()).as("no longer renewed").isEmpty();
		assertThat(this.callbacks).containsExactly("after start");
	}

	@Test
	void refusalEndsTheStartAndOnlyThat() {
		this.etcd.refusePuts(Reason.PERMISSION_DENIED);
		this.automatic.start();
		ready(this.context);
		assertThatExceptionOfType(EtcdUnavailableException.class).isThrownBy(this::accepting)
			.withMessageContaining("nowhere");
		this.automatic.stop();
		assertThatCode(this.automatic::start).as("not the start of the application").doesNotThrowAnyException();
	}

	@Test
	void othersAreToldOnceTheRegistrationIsThere() {
		this.etcd.refusePuts(Reason.UNAVAILABLE);
		register();
		assertThat(this.published).doesNotHaveAnyElementsOfTypes(InstanceRegisteredEvent.class);
		this.etcd.refusePuts(null);
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.published).hasAtLeastOneElementOfType(InstanceRegisteredEvent.class));
		assertThat(this.callbacks).containsExactly("after start");
	}

	@Test
	void managementServerIsRegisteredBesideTheApplication() {
		this.ports.management = 8081;
		this.source.management = new EtcdRegistration("orders-management", null, "h", 0, false, Map.of());
		this.automatic = automatic(true, true);
		register();
		assertThat(this.etcd.keys()).containsExactlyInAnyOrder(KEY, "/services/orders-management/h:8081");
		this.automatic.onApplicationEvent(new ContextClosedEvent(this.context));
		assertThat(this.etcd.keys()).isEmpty();
	}

	@Test
	void managementServerThatEtcdRefusesKeepsNothingFromTheApplication(CapturedOutput output) {
		this.ports.management = 8081;
		this.source.management = new EtcdRegistration("orders-management", null, "h", 0, false, Map.of());
		this.automatic = automatic(true, true);
		this.etcd.refusePuts(Reason.PERMISSION_DENIED, "/services/orders-management/");
		register();
		assertThat(isRegistered()).isTrue();
		assertThat(this.callbacks).containsExactly("after start");
		assertThat(output).contains("The management port is not registered yet, trying again in the background")
			.contains("register-management=false");
		this.etcd.refusePuts(null);
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.etcd.keys()).contains("/services/orders-management/h:8081"));
		this.automatic.stop();
		assertThat(this.etcd.keys()).isEmpty();
	}

	@Test
	void refusalLaterThanTheStartIsLoggedAndTriedAgain(CapturedOutput output) {
		register();
		this.automatic.stop();
		this.etcd.refusePuts(Reason.PERMISSION_DENIED);
		this.automatic.start();
		assertThat(output).contains("Not registered yet, trying again in the background");
		this.etcd.refusePuts(null);
		await().atMost(SOON).until(this::isRegistered);
	}

	@Test
	void nobodyIsToldOfARegistrationThatHasLeftMeanwhile() {
		this.etcd.refusePuts(Reason.UNAVAILABLE);
		register();
		this.automatic.stop();
		this.etcd.refusePuts(null);
		await().during(Duration.ofMillis(300)).atMost(SOON).until(() -> !this.callbacks.contains("after start"));
		assertThat(this.published).doesNotHaveAnyElementsOfTypes(InstanceRegisteredEvent.class);
	}

	@Test
	void changedSourceChangesTheRecordInPlace() {
		register();
		this.source.changed = new EtcdRegistration("orders", null, "h", 0, false, Map.of("zone", "a"));
		this.automatic.change(this.source);
		await().atMost(SOON).untilAsserted(() -> assertThat(this.etcd.value(KEY)).contains("\"zone\":\"a\""));
	}

	@Test
	void changedSourceThatCannotBeRegisteredChangesNothing() {
		register();
		String before = this.etcd.value(KEY);
		this.source.changed = new EtcdRegistration("orders", null, "user@evil", 0, false, Map.of());
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.automatic.change(this.source))
			.withMessageContaining("user@evil");
		assertThat(this.etcd.value(KEY)).isEqualTo(before);
		assertThat(isRegistered()).isTrue();
	}

	@Test
	void changedSourceOfAnApplicationThatIsNotRegisteredWritesNothing() {
		this.source.changed = new EtcdRegistration("orders", null, "h", 0, false, Map.of("zone", "a"));
		this.automatic.change(this.source);
		assertThat(this.etcd.keys()).isEmpty();
		register();
		assertThat(this.etcd.value(KEY)).contains("\"zone\":\"a\"");
	}

	@Test
	void applicationInAnExternalContainerIsRegisteredOnceItsPortAccepts() throws IOException {
		this.ports.external = true;
		try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			this.ports.server = server.getLocalPort();
			register();
			await().atMost(SOON).until(this::isRegistered);
		}
	}

	@Test
	void applicationInAnExternalContainerThatClosesIsNotRegisteredAnyMore() throws IOException {
		this.ports.external = true;
		try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			this.ports.server = server.getLocalPort();
			this.beforeStart = () -> this.callbacks.add("before start");
			server.close();
			register();
			this.automatic.onApplicationEvent(new ContextClosedEvent(this.context));
			await().during(Duration.ofMillis(300)).atMost(SOON).until(this.callbacks::isEmpty);
		}
	}

	@Test
	void customizerThatThrowsIsTriedAgainAtTheNextEvent() {
		this.source.customizing = () -> {
			throw new IllegalStateException("thrown on purpose");
		};
		this.automatic.start();
		ready(this.context);
		assertThatIllegalStateException().isThrownBy(this::accepting).withMessage("thrown on purpose");
		this.source.customizing = () -> {
		};
		accepting();
		assertThat(isRegistered()).isTrue();
	}

	@Test
	void leavesBeforeTheWebServerAndBeforeOtherListeners() {
		assertThat(this.automatic.getPhase()).isEqualTo(SmartLifecycle.DEFAULT_PHASE - 512);
		assertThat(this.automatic.isPauseable()).isFalse();
		this.ports.grpcServer = true;
		assertThat(this.automatic.getPhase()).isEqualTo(SmartLifecycle.DEFAULT_PHASE);
		assertThat(this.automatic.isPauseable()).isTrue();
		assertThat(this.automatic.getOrder()).isEqualTo(Ordered.HIGHEST_PRECEDENCE);
		assertThat(this.automatic.supportsEventType(ContextClosedEvent.class)).isTrue();
		assertThat(this.automatic.supportsEventType(ApplicationReadyEvent.class)).isTrue();
		assertThat(this.automatic.supportsEventType(InstanceRegisteredEvent.class)).isFalse();
	}

	/**
	 * Ports that change.
	 */
	private static final class Ports implements BoundPorts {

		private int server = 8080;

		private int management;

		private boolean grpcServer;

		private boolean external;

		@Override
		public int server() {
			return this.server;
		}

		@Override
		public int management() {
			return this.management;
		}

		@Override
		public boolean hasGrpcServer() {
			return this.grpcServer;
		}

		@Override
		public boolean isInExternalContainer() {
			return this.external;
		}

	}

	/**
	 * Leaves the registration as it is, or changes it as a test says.
	 */
	private static final class GivenSource implements RegistrationSource {

		private @Nullable EtcdRegistration management;

		private @Nullable EtcdRegistration changed;

		private Runnable customizing = () -> {
		};

		@Override
		public @Nullable EtcdRegistration application() {
			return (this.changed != null) ? this.changed.copy() : null;
		}

		@Override
		public void customize(EtcdRegistration application, int managementPort) {
			this.customizing.run();
		}

		@Override
		public int managementPort() {
			return 0;
		}

		@Override
		public @Nullable EtcdRegistration management(EtcdRegistration application) {
			return (this.management != null) ? this.management.copy() : null;
		}

		@Override
		public void customizeManagement(EtcdRegistration management) {
		}

	}

}
