package io.github.etcddiscovery.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;

import io.github.etcddiscovery.view.Catalog;
import org.jspecify.annotations.Nullable;

/**
 * The catalogs of home and of the remote clusters, combined. A service is served from
 * home and the merged clusters, or from the first fallback that has an instance of it.
 * Positions and revisions are those of home. Immutable, except that it notes which
 * services were read from a fallback.
 *
 * @param <T> what is held of an instance
 */
final class ClusterCatalog<T> implements Catalog<T> {

	private final Parts<T> parts;

	/**
	 * When home had an instance again, in nanoseconds, by service. These services are
	 * still served from a fallback.
	 */
	private final Map<String, Long> returning;

	/** The services read from a fallback because home has no instance. */
	private final Set<String> failedOver = ConcurrentHashMap.newKeySet();

	private final Changes changes;

	/** Whether there is a merged cluster. */
	private final boolean merges;

	private final MergedLists<T> live;

	private final MergedLists<T> all;

	private final MergedLists<String> services;

	private ClusterCatalog(Parts<T> parts, Map<String, Long> returning, Changes changes, MergedLists<T> live,
			MergedLists<T> all, MergedLists<String> services) {
		this.parts = parts;
		this.returning = returning;
		this.changes = changes;
		this.merges = parts.remotes().stream().anyMatch((part) -> part.remote().merged());
		this.live = live;
		this.all = all;
		this.services = services;
	}

	/**
	 * Creates the first catalog.
	 * @param parts the catalogs
	 * @param order sorts merged lists
	 * @param changes hears of services that change to a fallback and back
	 */
	static <T> ClusterCatalog<T> first(Parts<T> parts, Comparator<T> order, Changes changes) {
		return new ClusterCatalog<T>(parts, Map.of(), changes, new MergedLists<>(order), new MergedLists<>(order),
				new MergedLists<>(Comparator.<String>naturalOrder()));
	}

	/**
	 * Returns the catalog that follows this one.
	 * @param parts the newest catalogs
	 * @param now the time, in nanoseconds
	 */
	ClusterCatalog<T> next(Parts<T> parts, long now) {
		Map<String, Long> returning = new HashMap<>();
		ClusterCatalog<T> next = new ClusterCatalog<>(parts, returning, this.changes, this.live, this.all,
				this.services);
		Set<String> away = new LinkedHashSet<>(this.failedOver);
		away.addAll(this.returning.keySet());
		for (String service : away) {
			Part<T> fallback = next.fallback(service);
			boolean empty = next.preferred(service).isEmpty();
			if (empty && fallback != null) {
				next.failedOver.add(service);
			}
			else if (!empty) {
				long since = this.returning.getOrDefault(service, now);
				if (fallback != null && now - since < fallback.remote().failBackAfter().toNanos()) {
					returning.put(service, since);
				}
				else {
					this.changes.isBack(service);
				}
			}
		}
		return next;
	}

	/**
	 * Returns the time until a service is served from home again.
	 * @param now the time, in nanoseconds
	 * @return the shortest time, {@code null} if no service waits for that
	 */
	@Nullable Duration untilFailBack(long now) {
		Duration shortest = null;
		for (Map.Entry<String, Long> entry : this.returning.entrySet()) {
			Part<T> fallback = fallback(entry.getKey());
			if (fallback != null) {
				Duration wait = fallback.remote().failBackAfter().minusNanos(now - entry.getValue());
				shortest = (shortest == null || wait.compareTo(shortest) < 0) ? wait : shortest;
			}
		}
		return shortest;
	}

	/** Returns the fallback that serves each service that home does not serve. */
	Map<String, String> failedOver() {
		Map<String, String> result = new TreeMap<>();
		List.of(this.failedOver, this.returning.keySet()).forEach((services) -> services.forEach((service) -> {
			Part<T> fallback = fallback(service);
			if (fallback != null) {
				result.put(service, fallback.remote().name());
			}
		}));
		return result;
	}

	/** Returns the available instances at home and in the merged clusters. */
	List<T> preferred(String service) {
		return this.merges
				? this.live.get(service,
						this.parts.lists((part) -> part.remote().merged(), (catalog) -> catalog.live(service)))
				: this.parts.home().live(service);
	}

	/** Returns the available instances of the fallback that would be used. */
	List<T> fallbackInstances(String service) {
		Part<T> fallback = fallback(service);
		return (fallback != null) ? fallback.catalog().live(service) : List.of();
	}

	/** Returns how long home must have had an instance before the fallback is left. */
	Duration failBackAfter(String service) {
		Part<T> fallback = fallback(service);
		return (fallback != null) ? fallback.remote().failBackAfter() : Duration.ZERO;
	}

	/**
	 * Returns the first fallback with an available instance, {@code null} if there is
	 * none, or if it is not known yet whether home has an instance.
	 */
	private @Nullable Part<T> fallback(String service) {
		if (this.parts.isKnownAtHome(service)) {
			for (Part<T> part : this.parts.remotes()) {
				if (!part.remote().merged() && !part.catalog().live(service).isEmpty()) {
					return part;
				}
			}
		}
		return null;
	}

	@Override
	public List<T> live(String service) {
		List<T> preferred = preferred(service);
		if (!preferred.isEmpty() && !this.returning.containsKey(service)) {
			return preferred;
		}
		Part<T> fallback = fallback(service);
		if (fallback == null) {
			return preferred;
		}
		if (preferred.isEmpty() && this.failedOver.add(service)) {
			this.changes.failedOver(service, fallback.remote().name());
		}
		return fallback.catalog().live(service);
	}

	@Override
	public List<T> available(String service) {
		List<T> live = live(service);
		return live.isEmpty() ? retained(service) : live;
	}

	/** Returns the retained instances of the first cluster that has any. */
	List<T> retained(String service) {
		List<T> retained = this.parts.home().available(service);
		if (!this.parts.isKnownAtHome(service)) {
			return retained;
		}
		for (Part<T> part : this.parts.remotes()) {
			retained = retained.isEmpty() ? part.catalog().available(service) : retained;
		}
		return retained;
	}

	@Override
	public boolean isSynced() {
		return this.parts.home().isSynced();
	}

	@Override
	public long epoch() {
		return this.parts.home().epoch();
	}

	@Override
	public long revision() {
		return this.parts.home().revision();
	}

	@Override
	public long revision(String service) {
		return this.parts.home().revision(service);
	}

	@Override
	public List<Position> positions() {
		return this.parts.home().positions();
	}

	@Override
	public List<String> services() {
		return this.services.get("", this.parts.lists((part) -> true, Catalog::services));
	}

	@Override
	public boolean contains(String service) {
		return this.parts.home().contains(service)
				|| this.parts.remotes().stream().anyMatch((part) -> part.catalog().contains(service));
	}

	@Override
	public List<T> all(String service) {
		return this.all.get(service, this.parts.lists((part) -> true, (catalog) -> catalog.all(service)));
	}

	@Override
	public Map<String, List<T>> retained() {
		return this.parts.home().retained();
	}

	@Override
	public boolean hasSameInstances(Catalog<T> other) {
		return other instanceof ClusterCatalog<T> that && this.parts.hasSameInstances(that.parts)
				&& this.returning.keySet().equals(that.returning.keySet());
	}

	/**
	 * Hears of services that change to a fallback and back. Must not block.
	 */
	interface Changes {

		void failedOver(String service, String remote);

		void isBack(String service);

	}

	/**
	 * A remote cluster and what is registered there.
	 *
	 * @param remote the cluster
	 * @param catalog its catalog
	 */
	record Part<T>(Remote<T> remote, Catalog<T> catalog) {

	}

	/**
	 * What the clusters contain.
	 *
	 * @param home the catalog at home
	 * @param follows whether home follows a service
	 * @param remotes the other clusters, in order
	 */
	record Parts<T>(Catalog<T> home, Predicate<String> follows, List<Part<T>> remotes) {

		/** Whether it is known if home has an instance of a service. */
		boolean isKnownAtHome(String service) {
			return this.home.revision(service) > 0 || !this.follows.test(service);
		}

		/** Returns the list of home, and the lists of some remotes. */
		<E> List<List<E>> lists(Predicate<Part<T>> included, Function<Catalog<T>, List<E>> list) {
			List<List<E>> lists = new ArrayList<>(1 + this.remotes.size());
			lists.add(list.apply(this.home));
			for (Part<T> part : this.remotes) {
				if (included.test(part)) {
					lists.add(list.apply(part.catalog()));
				}
			}
			return lists;
		}

		/** A fallback is used only once home has been read. */
		private List<Boolean> known() {
			return this.home.positions().stream().map((position) -> position.epoch() > 0).toList();
		}

		boolean hasSameInstances(Parts<T> other) {
			boolean same = this.home.hasSameInstances(other.home) && known().equals(other.known())
					&& this.remotes.size() == other.remotes.size();
			for (int i = 0; same && i < this.remotes.size(); i++) {
				same = this.remotes.get(i).remote().equals(other.remotes.get(i).remote())
						&& this.remotes.get(i).catalog().hasSameInstances(other.remotes.get(i).catalog());
			}
			return same;
		}

	}

}
