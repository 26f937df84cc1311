package io.github.etcddiscovery.benchmarks.performance;

import java.util.Map;

/**
 * A registry that runs, in which instances of {@link Source#SERVICE} are registered as
 * their starters would do it, each at a port of a host that nobody calls.
 */
interface RegistryServer extends AutoCloseable {

	/** Where all instances are. */
	String HOST = "10.0.0.1";

	/** What makes an application use it. */
	Map<String, String> properties();

	/** Registers the instance at a port; returns when the registry has said so. */
	void register(int port) throws Exception;

	/** Takes it out again. */
	void deregister(int port) throws Exception;

}
