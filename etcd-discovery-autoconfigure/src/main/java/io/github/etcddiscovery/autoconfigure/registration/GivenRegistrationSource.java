package io.github.etcddiscovery.autoconfigure.registration;

import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import org.jspecify.annotations.Nullable;

/**
 * Does not change the registration that the user defined as a bean. Creates only the
 * registration of the management server from the properties.
 *
 * @param factory creates the registration
 * @param settings the properties
 */
record GivenRegistrationSource(EtcdRegistrationFactory factory,
		RegistrationSettings settings) implements ManagementSource {

	@Override
	public @Nullable EtcdRegistration application() {
		return null;
	}

	@Override
	public void customize(EtcdRegistration application, int managementPort) {
	}

}
