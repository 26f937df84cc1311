package io.github.etcddiscovery.autoconfigure.registration;

import io.github.etcddiscovery.cloud.registration.EtcdRegistration;

/**
 * Creates registrations from properties and customizers. Two sources are equal if they
 * create the same registrations.
 *
 * @param factory creates the registrations
 * @param settings the properties
 * @param host the host to advertise
 */
record PropertiesRegistrationSource(EtcdRegistrationFactory factory, RegistrationSettings settings,
		AdvertisedHost host) implements ManagementSource {

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

}
