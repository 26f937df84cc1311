package io.github.etcddiscovery.cloud.registration;

/**
 * Changes what the application registers itself as. Beans of this type are called in
 * their order when the ports of the servers are known: before the application registers,
 * and again when a property of the registration or the address of the machine changes.
 */
@FunctionalInterface
public interface EtcdRegistrationCustomizer {

	/**
	 * Changes the registration of the application before it is registered.
	 * @param registration what the properties say, with the port that will be advertised
	 */
	void customize(EtcdRegistration registration);

	/**
	 * Changes the registration of the management server before it is registered. Called
	 * only where the management server has a port of its own. Does nothing by default.
	 * @param registration what the properties say, with the port that will be advertised
	 */
	default void customizeManagement(EtcdRegistration registration) {
	}

}
