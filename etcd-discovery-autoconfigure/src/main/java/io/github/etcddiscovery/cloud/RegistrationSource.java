package io.github.etcddiscovery.cloud;

import org.jspecify.annotations.Nullable;

/**
 * Makes what an application registers itself as, once the ports of its servers are known,
 * and again when a property has changed.
 */
public interface RegistrationSource {

	/**
	 * Makes the registration of the application, without any port that is not said.
	 * @return the registration, {@code null} to start from the one there was at first
	 */
	@Nullable EtcdRegistration application();

	/**
	 * Customizes the registration of the application.
	 * @param application the registration, with its port
	 * @param managementPort the port to advertise for the management server, 0 if it is
	 * the port of the application or is not to be advertised
	 */
	void customize(EtcdRegistration application, int managementPort);

	/**
	 * Returns the port to advertise for the management server.
	 * @return the port, 0 for the one it is bound to
	 */
	int managementPort();

	/**
	 * Makes the registration of the management server.
	 * @param application the registration of the application
	 * @return the registration, {@code null} if there is to be none
	 */
	@Nullable EtcdRegistration management(EtcdRegistration application);

	/**
	 * Customizes the registration of the management server.
	 * @param management the registration, with its port
	 */
	void customizeManagement(EtcdRegistration management);

}
