package io.github.etcddiscovery.cloud;

/**
 * Changes what the application registers itself as. Beans of this type are called in
 * their order when the registration is made of the properties: once when the context
 * starts, and again when a refresh has changed one of these properties.
 */
@FunctionalInterface
public interface EtcdRegistrationCustomizer {

	/**
	 * Changes a registration that has not been registered yet.
	 * @param registration what the properties say; its port may not be known yet
	 */
	void customize(EtcdRegistration registration);

}
