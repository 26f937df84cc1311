package io.github.etcddiscovery.cloud;

import java.util.List;

import io.github.etcddiscovery.Internal;

/**
 * Tells which instances the load balancer has set aside because calls to them fail.
 */
@Internal
public interface EjectedInstances {

	/**
	 * Returns the number of ejections since the start.
	 * @return the number, of all services
	 */
	long ejections();

	/**
	 * Returns the instances that are set aside at this moment.
	 * @return the instances, by service
	 */
	List<EjectedInstance> current();

	/**
	 * An instance that is set aside.
	 *
	 * @param serviceId its service
	 * @param address its host and port
	 * @param remainingMillis for how long it is still set aside, in milliseconds
	 */
	record EjectedInstance(String serviceId, String address, long remainingMillis) {

	}

}
