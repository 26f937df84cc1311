package io.github.etcddiscovery.cloud;

import java.util.List;

import io.github.etcddiscovery.Internal;

/**
 * The instances that the load balancer has ejected because calls to them fail. Safe to
 * use from any thread.
 */
@Internal
public interface EjectedInstances {

	/**
	 * Returns the number of ejections since the start.
	 * @return the number, of all services
	 */
	long count();

	/**
	 * Returns the instances that are ejected at this moment.
	 * @return the instances, sorted by service id
	 */
	List<EjectedInstance> current();

	/**
	 * An ejected instance.
	 *
	 * @param serviceId its service
	 * @param address its host and port
	 * @param remainingMillis the remaining time of the ejection, in milliseconds
	 */
	record EjectedInstance(String serviceId, String address, long remainingMillis) {

	}

}
