package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Keeps the lists that were worked out most recently, so that a choice does not visit all
 * instances while nothing changes. A list is found by the very list that it was made
 * from, and by a key. Safe to use from any thread; two threads may work out the same list
 * at once.
 *
 * @param <K> what the result depends on besides the list, compared by {@code equals}
 */
final class RecentLists<K> {

	/**
	 * How many results are kept: requests rarely ask for more versions of a service at a
	 * time, and each result may hold thousands of references.
	 */
	private static final int KEPT = 16;

	private final AtomicReferenceArray<@Nullable Result<K>> results = new AtomicReferenceArray<>(KEPT);

	private final AtomicInteger next = new AtomicInteger();

	/**
	 * Returns what is made of a list.
	 * @param from the list
	 * @param key what else the result depends on
	 * @param made computes the result if it is not kept
	 */
	List<ServiceInstance> get(List<ServiceInstance> from, K key, Supplier<List<ServiceInstance>> made) {
		for (int i = 0; i < KEPT; i++) {
			Result<K> result = this.results.get(i);
			if (result == null) {
				break;
			}
			if (result.from() == from && result.key().equals(key)) {
				return result.list();
			}
		}
		List<ServiceInstance> list = made.get();
		this.results.set((this.next.getAndIncrement() & Integer.MAX_VALUE) % KEPT, new Result<>(from, key, list));
		return list;
	}

	private record Result<K>(List<ServiceInstance> from, K key, List<ServiceInstance> list) {

	}

}
