package io.github.etcddiscovery.cloud.registration;

import java.util.List;
import java.util.function.Consumer;

import io.github.etcddiscovery.Internal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.cloud.client.serviceregistry.RegistrationLifecycle;
import org.springframework.cloud.client.serviceregistry.RegistrationManagementLifecycle;

/**
 * The user's callbacks around registering and deregistering. One that throws while
 * registering fails it, as in Spring Cloud's own registries; while deregistering that is
 * logged, since the record has to go all the same.
 *
 * @param application those for the application's own registration, in their order
 * @param management those for that of its management port, in their order
 */
@Internal
public record RegistrationLifecycles(List<? extends RegistrationLifecycle<? super EtcdRegistration>> application,
		List<? extends RegistrationManagementLifecycle<? super EtcdRegistration>> management) {

	private static final Logger logger = LoggerFactory.getLogger(RegistrationLifecycles.class);

	void beforeStart(OwnRegistrations registering) {
		this.application.forEach((lifecycle) -> lifecycle.postProcessBeforeStartRegister(registering.application()));
		registering.ifManagement((registration) -> this.management
			.forEach((lifecycle) -> lifecycle.postProcessBeforeStartRegisterManagement(registration)));
	}

	void afterStart(EtcdRegistration registered) {
		this.application.forEach((lifecycle) -> lifecycle.postProcessAfterStartRegister(registered));
	}

	void afterStartOfManagement(EtcdRegistration registered) {
		this.management.forEach((lifecycle) -> lifecycle.postProcessAfterStartRegisterManagement(registered));
	}

	void beforeStop(OwnRegistrations leaving) {
		each(this.application, (lifecycle) -> lifecycle.postProcessBeforeStopRegister(leaving.application()));
		leaving.ifManagement((registration) -> each(this.management,
				(lifecycle) -> lifecycle.postProcessBeforeStopRegisterManagement(registration)));
	}

	void afterStop(OwnRegistrations left) {
		each(this.application, (lifecycle) -> lifecycle.postProcessAfterStopRegister(left.application()));
		left.ifManagement((registration) -> each(this.management,
				(lifecycle) -> lifecycle.postProcessAfterStopRegisterManagement(registration)));
	}

	private static <L> void each(List<? extends L> lifecycles, Consumer<L> callback) {
		for (L lifecycle : lifecycles) {
			try {
				callback.accept(lifecycle);
			}
			catch (RuntimeException ex) {
				logger.error("Deregistering all the same, although {} failed", lifecycle.getClass().getName(), ex);
			}
		}
	}

}
