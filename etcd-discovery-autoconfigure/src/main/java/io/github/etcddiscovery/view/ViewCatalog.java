package io.github.etcddiscovery.view;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

import io.github.etcddiscovery.instance.KeyRange;
import org.jspecify.annotations.Nullable;

/**
 * The catalog of one view.
 *
 * @param <T> what the view holds of an instance
 */
final class ViewCatalog<T> implements Catalog<T> {

	private final List<KeyRange> ranges;

	private final List<Position> positions;

	private final ServiceMap<ServiceSnapshot<T>> snapshots;

	private final ServiceMap<List<T>> retained;

	/** Sorted by the first caller that needs them, {@code null} before that. */
	private volatile @Nullable List<String> services;

	ViewCatalog(List<KeyRange> ranges, List<Position> positions, ServiceMap<ServiceSnapshot<T>> snapshots,
			ServiceMap<List<T>> retained) {
		this.ranges = ranges;
		this.positions = positions;
		this.snapshots = snapshots;
		this.retained = retained;
	}

	@Override
	public boolean isSynced() {
		return this.positions.stream().allMatch((position) -> position.epoch() > 0);
	}

	@Override
	public long epoch() {
		return this.positions.stream().mapToLong(Position::epoch).sum();
	}

	@Override
	public long revision() {
		return this.positions.stream().mapToLong(Position::revision).min().orElse(0);
	}

	@Override
	public long revision(String serviceId) {
		for (int i = 0; i < this.ranges.size(); i++) {
			if (this.ranges.get(i).holds(serviceId)) {
				return this.positions.get(i).revision();
			}
		}
		return 0;
	}

	@Override
	public List<Position> positions() {
		return this.positions;
	}

	@Override
	public List<String> services() {
		if (this.retained.services().isEmpty()) {
			return this.snapshots.services();
		}
		List<String> known = this.services;
		if (known == null) {
			known = Stream.concat(this.snapshots.services().stream(), this.retained.services().stream())
				.distinct()
				.sorted()
				.toList();
			this.services = known;
		}
		return known;
	}

	@Override
	public boolean contains(String serviceId) {
		return this.snapshots.get(serviceId) != null || this.retained.get(serviceId) != null;
	}

	@Override
	public List<T> all(String serviceId) {
		ServiceSnapshot<T> snapshot = this.snapshots.get(serviceId);
		return (snapshot != null) ? snapshot.all() : List.of();
	}

	@Override
	public List<T> live(String serviceId) {
		ServiceSnapshot<T> snapshot = this.snapshots.get(serviceId);
		return (snapshot != null) ? snapshot.available() : List.of();
	}

	@Override
	public List<T> available(String serviceId) {
		List<T> live = live(serviceId);
		return live.isEmpty() ? Objects.requireNonNullElse(this.retained.get(serviceId), live) : live;
	}

	@Override
	public Map<String, List<T>> retained() {
		return this.retained.asMap();
	}

	@Override
	public boolean hasSameInstances(Catalog<T> other) {
		return other instanceof ViewCatalog<T> that && this.snapshots == that.snapshots
				&& this.retained == that.retained;
	}

	ServiceMap<ServiceSnapshot<T>> snapshots() {
		return this.snapshots;
	}

	ServiceMap<List<T>> retainedByService() {
		return this.retained;
	}

}
