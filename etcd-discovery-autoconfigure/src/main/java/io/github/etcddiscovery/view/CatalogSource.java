package io.github.etcddiscovery.view;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * Where callers read which instances there are: a {@link ServiceView}, or several of them
 * combined. Safe to use from any thread.
 *
 * @param <T> what is held of an instance
 */
public interface CatalogSource<T> {

	/**
	 * Returns what is known now. Neither blocks nor throws.
	 * @return the newest catalog
	 */
	Catalog<T> catalog();

	/**
	 * Whether the instances of a service would be seen.
	 * @param serviceId the service
	 * @return whether its key range is followed
	 */
	boolean follows(String serviceId);

	/**
	 * Says why changes may go unseen at present.
	 * @return the message of the last failure, {@code null} while all changes arrive
	 */
	@Nullable String failure();

	/**
	 * Asks etcd itself, unlike all other reads: whether it answers, and lets this client
	 * read where the records are.
	 * @return completes when etcd has answered; fails with an
	 * {@link io.github.etcddiscovery.client.EtcdException}
	 */
	CompletableFuture<Void> probe();

	/**
	 * Subscribes to the catalog: first the current one, then every change, one after the
	 * other on a notification thread. Changes that come faster than the listener takes
	 * them are skipped over; the newest is never missed.
	 * @param listener receives catalogs; what it throws is logged
	 * @return ends the subscription
	 */
	Subscription subscribe(Consumer<Catalog<T>> listener);

}
