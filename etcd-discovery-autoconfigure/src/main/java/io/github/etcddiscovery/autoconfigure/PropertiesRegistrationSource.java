package io.github.etcddiscovery.autoconfigure;

import java.util.Objects;

import io.github.etcddiscovery.cloud.EtcdRegistration;
import io.github.etcddiscovery.cloud.RegistrationSource;
import org.jspecify.annotations.Nullable;

/**
 * Creates registrations from properties and customizers. Two sources are equal if they
 * create the same registrations.
 *
 * @param factory creates the registrations
 * @param settings the properties
 * @param host the host to advertise
 */
record PropertiesRegistrationSource(EtcdRegistrationFactory factory, RegistrationSettings settings,
		AdvertisedHost host) implements RegistrationSource {

	/** Chooses the host again. */
	PropertiesRegistrationSource with(RegistrationSettings changed) {
		return this.factory.source(changed);
	}

	@Override
	public EtcdRegistration application() {
		return this.factory.application(this.settings, this.host);
	}

	@Override
	public void customize(EtcdRegistration application, int managementPort) {
		this.factory.customize(application, this.settings, managementPort);
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
