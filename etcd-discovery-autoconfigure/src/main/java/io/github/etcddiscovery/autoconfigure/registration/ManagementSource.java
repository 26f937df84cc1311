package io.github.etcddiscovery.autoconfigure.registration;

import java.util.Objects;

import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.RegistrationSource;
import org.jspecify.annotations.Nullable;

/**
 * Creates the registration of the management server from the properties.
 */
interface ManagementSource extends RegistrationSource {

	/** Creates the registrations. */
	EtcdRegistrationFactory factory();

	/** The properties. */
	RegistrationSettings settings();

	@Override
	default int managementPort() {
		return Objects.requireNonNullElse(settings().managementPort(), 0);
	}

	@Override
	default @Nullable EtcdRegistration management(EtcdRegistration application) {
		return factory().management(application, settings());
	}

	@Override
	default void customizeManagement(EtcdRegistration management) {
		factory().customizeManagement(management);
	}

}
