package io.github.etcddiscovery.view;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * The instances of one service at one moment. Immutable for readers, but made in two
 * steps: the writer only notes the difference of a change, and the first reader after the
 * change builds the sorted lists, which are kept. So ten thousand changes to a service of
 * ten thousand instances do not copy a list ten thousand times.
 *
 * @param <T> what the view holds of an instance
 */
final class ServiceSnapshot<T> {

	/**
	 * How many differences may pile up unread before the writer works out the lists
	 * itself: often enough to bound memory, seldom enough to cost nothing for each of
	 * them.
	 */
	private static final int MAX_DEPTH = 1_000;

	private final Predicate<T> availability;

	private final AtomicReference<Content<T>> content;

	private ServiceSnapshot(Predicate<T> availability, Content<T> content) {
		this.availability = availability;
		this.content = new AtomicReference<>(content);
	}

	static <T> ServiceSnapshot<T> empty(Predicate<T> availability) {
		return new ServiceSnapshot<>(availability, new Lists<>(List.of(), List.of(), List.of()));
	}

	/**
	 * Returns the snapshot that follows this one.
	 * @param changes the instances that changed, by id; {@code null} for one that has
	 * gone
	 */
	ServiceSnapshot<T> with(Map<String, @Nullable T> changes) {
		int depth = (content() instanceof Difference<T> difference) ? difference.depth() + 1 : 1;
		ServiceSnapshot<T> next = new ServiceSnapshot<>(this.availability, new Difference<>(this, changes, depth));
		if (depth >= MAX_DEPTH) {
			next.lists();
		}
		return next;
	}

	/** All instances, sorted by id. */
	List<T> all() {
		return lists().all();
	}

	/** The instances that may be called, sorted by id. */
	List<T> available() {
		return lists().available();
	}

	private Content<T> content() {
		return Objects.requireNonNull(this.content.get());
	}

	private Lists<T> lists() {
		Content<T> current = content();
		if (current instanceof Lists<T> lists) {
			return lists;
		}
		// Two readers may both get here and work out equal lists; all keep the first.
		this.content.compareAndSet(current, workOut(current));
		return (Lists<T>) content();
	}

	private Lists<T> workOut(Content<T> current) {
		Deque<Map<String, @Nullable T>> newestFirst = new ArrayDeque<>();
		Content<T> base = current;
		while (base instanceof Difference<T> difference) {
			newestFirst.addLast(difference.changes());
			base = difference.previous().content();
		}
		TreeMap<String, @Nullable T> changes = new TreeMap<>();
		newestFirst.descendingIterator().forEachRemaining(changes::putAll);
		return merge((Lists<T>) base, changes);
	}

	private Lists<T> merge(Lists<T> base, TreeMap<String, @Nullable T> changes) {
		List<String> ids = new ArrayList<>(base.ids().size() + changes.size());
		List<T> all = new ArrayList<>(ids.size());
		int from = 0;
		for (Map.Entry<String, @Nullable T> change : changes.entrySet()) {
			int found = Collections.binarySearch(base.ids(), change.getKey());
			int to = (found >= 0) ? found : -found - 1;
			ids.addAll(base.ids().subList(from, to));
			all.addAll(base.all().subList(from, to));
			from = (found >= 0) ? to + 1 : to;
			T instance = change.getValue();
			if (instance != null) {
				ids.add(change.getKey());
				all.add(instance);
			}
		}
		ids.addAll(base.ids().subList(from, base.ids().size()));
		all.addAll(base.all().subList(from, base.all().size()));
		List<T> available = all.stream().filter(this.availability).toList();
		return new Lists<>(ids, Collections.unmodifiableList(all), available);
	}

	/**
	 * Lists worked out, or the way to them.
	 */
	private sealed interface Content<T> {

	}

	private record Lists<T>(List<String> ids, List<T> all, List<T> available) implements Content<T> {

	}

	private record Difference<T>(ServiceSnapshot<T> previous, Map<String, @Nullable T> changes,
			int depth) implements Content<T> {

	}

}
