package io.github.etcddiscovery.cloud.registration;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.serviceregistry.RegistrationLifecycle;
import org.springframework.cloud.client.serviceregistry.RegistrationManagementLifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests of {@link RegistrationLifecycles}.
 */
@ExtendWith(OutputCaptureExtension.class)
class RegistrationLifecyclesTests {

	private static final EtcdRegistration APPLICATION = new EtcdRegistration("orders", null, "h", 1, false, Map.of());

	private static final EtcdRegistration MANAGEMENT = new EtcdRegistration("orders-management", null, "h", 2, false,
			Map.of());

	private static final OwnRegistrations BOTH = new OwnRegistrations(APPLICATION, MANAGEMENT);

	private final List<String> called = new ArrayList<>();

	private final RegistrationLifecycles lifecycles = new RegistrationLifecycles(
			List.of(new Application("first"), new Application("second")), List.of(new Management()));

	private boolean failing;

	@Test
	void callbacksComeInTheirOrder() {
		this.lifecycles.beforeStart(BOTH);
		this.lifecycles.afterStart(APPLICATION);
		this.lifecycles.afterStartOfManagement(MANAGEMENT);
		this.lifecycles.beforeStop(BOTH);
		this.lifecycles.afterStop(BOTH);
		assertThat(this.called).containsExactly("first before start of orders", "second before start of orders",
				"before start of orders-management", "first after start of orders", "second after start of orders",
				"after start of orders-management", "first before stop of orders", "second before stop of orders",
				"before stop of orders-management", "first after stop of orders", "second after stop of orders",
				"after stop of orders-management");
	}

	@Test
	void withoutAManagementServerNothingIsCalledForIt() {
		OwnRegistrations alone = BOTH.withoutManagement();
		this.lifecycles.beforeStart(alone);
		this.lifecycles.beforeStop(alone);
		this.lifecycles.afterStop(alone);
		assertThat(this.called).isNotEmpty().noneMatch((call) -> call.endsWith("-management"));
	}

	@Test
	void callbackThatThrowsFailsTheRegistration() {
		this.failing = true;
		assertThatIllegalStateException().isThrownBy(() -> this.lifecycles.beforeStart(BOTH));
		assertThatIllegalStateException().isThrownBy(() -> this.lifecycles.afterStart(APPLICATION));
	}

	@Test
	void callbackThatThrowsDoesNotKeepARecordFromLeaving(CapturedOutput output) {
		this.failing = true;
		this.lifecycles.beforeStop(BOTH);
		this.lifecycles.afterStop(BOTH);
		assertThat(this.called).contains("second before stop of orders", "before stop of orders-management",
				"second after stop of orders", "after stop of orders-management");
		assertThat(output).contains("Deregistering all the same, although " + Application.class.getName() + " failed");
	}

	private void call(String text, EtcdRegistration registration) {
		this.called.add(text + " of " + registration.getServiceId());
		if (this.failing && text.startsWith("first")) {
			throw new IllegalStateException("thrown on purpose");
		}
	}

	/**
	 * A callback of a user's.
	 */
	private final class Application implements RegistrationLifecycle<EtcdRegistration> {

		private final String name;

		Application(String name) {
			this.name = name;
		}

		@Override
		public void postProcessBeforeStartRegister(EtcdRegistration registration) {
			call(this.name + " before start", registration);
		}

		@Override
		public void postProcessAfterStartRegister(EtcdRegistration registration) {
			call(this.name + " after start", registration);
		}

		@Override
		public void postProcessBeforeStopRegister(EtcdRegistration registration) {
			call(this.name + " before stop", registration);
		}

		@Override
		public void postProcessAfterStopRegister(EtcdRegistration registration) {
			call(this.name + " after stop", registration);
		}

	}

	/**
	 * A callback of a user's for the management server.
	 */
	private final class Management implements RegistrationManagementLifecycle<EtcdRegistration> {

		@Override
		public void postProcessBeforeStartRegister(EtcdRegistration registration) {
		}

		@Override
		public void postProcessAfterStartRegister(EtcdRegistration registration) {
		}

		@Override
		public void postProcessBeforeStopRegister(EtcdRegistration registration) {
		}

		@Override
		public void postProcessAfterStopRegister(EtcdRegistration registration) {
		}

		@Override
		public void postProcessBeforeStartRegisterManagement(EtcdRegistration registration) {
			call("before start", registration);
		}

		@Override
		public void postProcessAfterStartRegisterManagement(EtcdRegistration registration) {
			call("after start", registration);
		}

		@Override
		public void postProcessBeforeStopRegisterManagement(EtcdRegistration registration) {
			call("before stop", registration);
		}

		@Override
		public void postProcessAfterStopRegisterManagement(EtcdRegistration registration) {
			call("after stop", registration);
		}

	}

}
