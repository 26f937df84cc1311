package io.github.etcddiscovery.benchmarks.registries;

import java.util.Map;

/**
 * A registry that runs, in which instances of a service are registered as their starters
 * would do it, each at a port of a host that nobody calls.
 */
public interface RegistryServer extends AutoCloseable {

	/** The service that instances are of. */
	String SERVICE = "stock";

	/** Where all instances are. */
	String HOST = "10.0.0.1";

	/** What makes an application use it. */
	Map<String, String> properties();

	/** Registers the instance at a port; returns when the registry has said so. */
	void register(int port) throws Exception;

	/** Takes it out again. */
	void deregister(int port) throws Exception;

}
