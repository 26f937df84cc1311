package io.github.etcddiscovery.cloud.discovery;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.CatalogSource;
import io.github.etcddiscovery.view.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.cloud.client.ServiceInstance;

/**
 * What an application needs of others before it starts.
 *
 * @param instances how many instances that may be called, by service
 * @param timeout how long to wait for them
 */
@Internal
public record AwaitedInstances(Map<String, Integer> instances, Duration timeout) {

	/** A message has to stay readable. */
	private static final int MOST_SEEN = 20;

	private static final Logger logger = LoggerFactory.getLogger(AwaitedInstances.class);

	/**
	 * Copies the map.
	 */
	public AwaitedInstances {
		instances = Map.copyOf(instances);
	}

	/**
	 * Waits until all are there.
	 * @throws InstancesMissingException if they are not in time, or waiting is
	 * interrupted, as it is when the application is closed meanwhile
	 */
	void await(CatalogSource<ServiceInstance> view) {
		String missing = missing(view.catalog());
		if (missing.isEmpty()) {
			return;
		}
		logger.info("Waiting up to {} ms for {}", this.timeout.toMillis(), missing);
		CompletableFuture<Void> complete = new CompletableFuture<>();
		try (Subscription subscription = view.subscribe((catalog) -> completeIfThere(complete, catalog))) {
			// Without a limit of its own, or Spring would not interrupt it at the close.
			complete.orTimeout(this.timeout.toNanos(), TimeUnit.NANOSECONDS).get();
		}
		catch (ExecutionException ex) {
			throw new InstancesMissingException("Missing after %d ms: %s; services seen are %s"
				.formatted(this.timeout.toMillis(), missing(view.catalog()), seen(view.catalog())));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			logger.info("Waiting no longer: the application is closing");
			throw new InstancesMissingException("Interrupted while waiting for " + missing(view.catalog()));
		}
	}

	/** So that a name that is misspelt can be told from one that is not there. */
	private static List<String> seen(Catalog<ServiceInstance> catalog) {
		return catalog.services().stream().limit(MOST_SEEN).toList();
	}

	private void completeIfThere(CompletableFuture<Void> complete, Catalog<ServiceInstance> catalog) {
		if (missing(catalog).isEmpty()) {
			complete.complete(null);
		}
	}

	private String missing(Catalog<ServiceInstance> catalog) {
		return new TreeMap<>(this.instances).entrySet()
			.stream()
			.filter((wanted) -> catalog.available(wanted.getKey()).size() < wanted.getValue())
			.map((wanted) -> "%s (%d of %d instances)".formatted(wanted.getKey(),
					catalog.available(wanted.getKey()).size(), wanted.getValue()))
			.collect(Collectors.joining(", "));
	}

}
