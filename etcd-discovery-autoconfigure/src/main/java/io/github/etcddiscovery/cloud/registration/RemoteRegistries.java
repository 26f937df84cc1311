package io.github.etcddiscovery.cloud.registration;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

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

	/** Adds one, and hands it over what is registered already. */
	void add(String cluster, EtcdServiceRegistry registry, Collection<EtcdRegistration> registrations) {
		this.registries.put(cluster, registry);
		registrations.forEach((registration) -> submit(cluster, registry, registration));
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
		this.registries.forEach((cluster, registry) -> submit(cluster, registry, registration));
	}

	/** A record that is fine at home may break a rule elsewhere, under another prefix. */
	private static void submit(String cluster, EtcdServiceRegistry registry, EtcdRegistration registration) {
		try {
			registry.submit(registration);
		}
		catch (InvalidValueException ex) {
			logger.error("{} is not registered in cluster {}: {}", registration, cluster, ex.getMessage());
		}
	}

	/**
	 * Wants registrations no more.
	 * @return completes when they are out of all clusters, or it takes too long
	 */
	CompletableFuture<Void> withdraw(Collection<EtcdRegistration> registrations) {
		List<CompletableFuture<Void>> leaving = new ArrayList<>();
		this.registries.forEach((cluster, registry) -> {
			Withdrawal withdrawal = registry.beginWithdrawal(registrations);
			leaving.add(onThread(cluster, withdrawal::await));
		});
		return CompletableFuture.allOf(leaving.toArray(CompletableFuture[]::new));
	}

	/**
	 * Closes all of them at the same time.
	 * @return completes when all are closed
	 */
	CompletableFuture<Void> close() {
		List<CompletableFuture<Void>> closing = new ArrayList<>();
		this.registries.forEach((cluster, registry) -> closing.add(onThread(cluster, registry::close)));
		return CompletableFuture.allOf(closing.toArray(CompletableFuture[]::new));
	}

	/** A cluster that does not answer must not delay another one. */
	private static CompletableFuture<Void> onThread(String cluster, Runnable action) {
		return CompletableFuture.runAsync(action, (task) -> {
			Thread thread = new Thread(task, "etcd-" + cluster + "-deregistration");
			thread.setDaemon(true);
			thread.start();
		});
	}

}
