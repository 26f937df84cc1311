package io.github.etcddiscovery.autoconfigure.registration;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BiFunction;

import io.github.etcddiscovery.autoconfigure.RemoteClusters;
import io.github.etcddiscovery.autoconfigure.RemoteClusters.RegistrationTarget;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;

/**
 * Has the registry write to the remote clusters, too, in which this application
 * registers. Follows changes of the remote clusters.
 */
final class RemoteRegistrations {

	private final EtcdServiceRegistry registry;

	private final RemoteClusters clusters;

	private final BiFunction<String, RegistrationTarget, EtcdServiceRegistry> registries;

	/** What the registry writes to. Guarded by this. */
	private final Map<String, RegistrationTarget> current = new HashMap<>();

	/**
	 * Creates the registrations. Starts nothing.
	 * @param registry the registry of the home cluster
	 * @param clusters the remote clusters
	 * @param registries creates the registry of a remote cluster
	 */
	RemoteRegistrations(EtcdServiceRegistry registry, RemoteClusters clusters,
			BiFunction<String, RegistrationTarget, EtcdServiceRegistry> registries) {
		this.registry = registry;
		this.clusters = clusters;
		this.registries = registries;
	}

	/** Takes the remote clusters as they are now. */
	synchronized void update() {
		Map<String, RegistrationTarget> targets = this.clusters.registrationTargets();
		this.current.entrySet().removeIf((entry) -> {
			boolean gone = !entry.getValue().equals(targets.get(entry.getKey()));
			if (gone) {
				this.registry.removeRemote(entry.getKey());
			}
			return gone;
		});
		targets.forEach((name, target) -> {
			if (this.current.putIfAbsent(name, target) == null) {
				this.registry.addRemote(name, this.registries.apply(name, target));
			}
		});
	}

}
