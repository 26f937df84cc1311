package io.github.etcddiscovery.autoconfigure;

import java.util.Objects;

import io.github.etcddiscovery.cloud.EtcdRegistration;
import io.github.etcddiscovery.cloud.RegistrationSource;
import org.jspecify.annotations.Nullable;

/**
 * Does not change the registration that the user defined as a bean. Creates only the
 * registration of the management server from the properties.
 *
 * @param factory creates the registration
 * @param settings the properties
 */
record GivenRegistrationSource(EtcdRegistrationFactory factory,
		RegistrationSettings settings) implements RegistrationSource {

	@Override
	public @Nullable EtcdRegistration application() {
		return null;
	}

	@Override
	public void customize(EtcdRegistration application, int managementPort) {
	}

	@Override
	public int managementPort() {
		return Objects.requireNonNullElse(this.settings.managementPort(), 0);
	}

	@Override
	public @Nullable EtcdRegistration management(EtcdRegistration application) {
		return this.factory.management(application, this.settings);
	}

	@Override
	public void customizeManagement(EtcdRegistration management) {
		this.factory.customizeManagement(management);
	}

}
