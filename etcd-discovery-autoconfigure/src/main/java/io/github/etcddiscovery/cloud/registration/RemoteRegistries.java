package io.github.etcddiscovery.cloud.registration;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

import io.github.etcddiscovery.instance.InvalidValueException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registries of remote clusters, which get the same registrations as that of home.
 * Nothing waits for a remote cluster, except leaving it. Safe to use from any thread.
 */
final class RemoteRegistries {

	private static final Logger logger = LoggerFactory.getLogger(RemoteRegistries.class);

	private final Map<String, EtcdServiceRegistry> registries = new ConcurrentHashMap<>();

	void put(String cluster, EtcdServiceRegistry registry) {
		this.registries.put(cluster, registry);
	}

	@Nullable EtcdServiceRegistry remove(String cluster) {
		return this.registries.remove(cluster);
	}

	/** Returns {@code null} if this application does not register there. */
	@Nullable EtcdServiceRegistry get(String cluster) {
		return this.registries.get(cluster);
	}

	/** Hands a registration over to all of them. */
	void submit(EtcdRegistration registration) {
		this.registries.forEach((cluster, registry) -> {
			try {
				registry.submit(registration);
			}
			catch (InvalidValueException ex) {
				logger.error("{} is not registered in the remote cluster {}: {}", registration, cluster,
						ex.getMessage());
			}
		});
	}

	/**
	 * Calls all at the same time, each on a thread of its own, so that a cluster that
	 * does not answer delays no other one.
	 * @return completes when all have returned
	 */
	CompletableFuture<Void> onEach(Consumer<EtcdServiceRegistry> action) {
		return CompletableFuture.allOf(this.registries.entrySet()
			.stream()
			.map((entry) -> CompletableFuture.runAsync(() -> action.accept(entry.getValue()), (task) -> {
				Thread thread = new Thread(task, "etcd-" + entry.getKey() + "-deregistration");
				thread.setDaemon(true);
				thread.start();
			}))
			.toArray(CompletableFuture[]::new));
	}

}
