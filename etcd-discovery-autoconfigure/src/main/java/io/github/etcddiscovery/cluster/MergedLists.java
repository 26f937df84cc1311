package io.github.etcddiscovery.cluster;

import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Merges lists of several clusters. Returns the same list as long as the lists that it
 * was made from are the same objects. Safe to use from any thread.
 *
 * @param <E> the elements. Of equal elements, the first one is kept
 */
final class MergedLists<E> {

	private final Comparator<E> order;

	private final Map<String, Merged<E>> kept = new ConcurrentHashMap<>();

	MergedLists(Comparator<E> order) {
		this.order = order;
	}

	/**
	 * Returns the sorted elements of some lists.
	 * @param key what the lists are of
	 * @param lists the lists
	 */
	List<E> get(String key, List<List<E>> lists) {
		List<List<E>> filled = lists.stream().filter((list) -> !list.isEmpty()).toList();
		if (filled.size() < 2) {
			this.kept.remove(key);
			return filled.isEmpty() ? List.of() : filled.get(0);
		}
		Merged<E> merged = this.kept.get(key);
		if (merged == null || !merged.isOf(filled)) {
			Set<E> elements = new LinkedHashSet<>();
			filled.forEach(elements::addAll);
			merged = new Merged<>(filled, elements.stream().sorted(this.order).toList());
			this.kept.put(key, merged);
		}
		return merged.result();
	}

	private record Merged<E>(List<List<E>> lists, List<E> result) {

		boolean isOf(List<List<E>> others) {
			boolean same = this.lists.size() == others.size();
			for (int i = 0; same && i < others.size(); i++) {
				same = this.lists.get(i) == others.get(i);
			}
			return same;
		}

	}

}
