package io.github.etcddiscovery.cloud.registration;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;

/**
 * Creates the registrations of an application, when the ports of its servers are known
 * and again when a property has changed.
 */
@Internal
public interface RegistrationSource {

	/** In place of a port: other machines do not reach the management server. */
	int NOT_REACHED = -1;

	/**
	 * Creates the registration of the application. It has a port only if a property sets
	 * one.
	 * @return the registration, {@code null} to use the original registration bean
	 */
	@Nullable EtcdRegistration application();

	/**
	 * Customizes the registration of the application.
	 * @param application the registration, with its port
	 * @param managementPort the port to advertise for the management server, 0 if it has
	 * no port of its own, or {@link #NOT_REACHED}
	 */
	void customize(EtcdRegistration application, int managementPort);

	/**
	 * Returns the port to advertise for the management server.
	 * @return the port, 0 for the one it is bound to
	 */
	int managementPort();

	/**
	 * Creates the registration of the management server.
	 * @param application the registration of the application
	 * @return the registration, {@code null} if the management server is not registered
	 */
	@Nullable EtcdRegistration management(EtcdRegistration application);

	/**
	 * Customizes the registration of the management server.
	 * @param management the registration, with its port
	 */
	void customizeManagement(EtcdRegistration management);

}
