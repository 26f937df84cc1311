package io.github.etcddiscovery.cloud;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.registry.Registrar;
import org.jspecify.annotations.Nullable;

/**
 * Brings registrations to where they are wanted in etcd, and takes them away from where
 * they were. Of several records of one registration each is handed over once the one
 * before it is there; where one cannot be, the others are taken out until it can. Guarded
 * by the lock of the registry it belongs to.
 */
final class Placements {

	/** What hinders most comes first. */
	private static final Comparator<RecordState> LEAST_ADVANCED = Comparator.comparing((state) -> switch (state) {
		case CONFLICT -> 0;
		case WANTED -> 1;
		case LEAVING -> 2;
		case GONE -> 3;
		case REGISTERED -> 4;
	});

	private final Map<EtcdRegistration, Placement> placements = new LinkedHashMap<>();

	/** The keys that the registrar has been asked to keep, whatever has come of it. */
	private final Set<String> handedOver = new HashSet<>();

	private final Object lock;

	private final Registrar registrar;

	Placements(Object lock, Function<Registrar.Listener, Registrar> registrars) {
		this.lock = lock;
		this.registrar = registrars.apply(new Registrar.Listener() {

			@Override
			public void registered(String key) {
				onRegistered(key);
			}

			@Override
			public void blocked(String key) {
				onBlocked(key);
			}

		});
	}

	Registrar registrar() {
		return this.registrar;
	}

	boolean isEmpty() {
		return this.placements.isEmpty();
	}

	boolean contains(EtcdRegistration registration) {
		return this.placements.containsKey(registration);
	}

	List<EtcdRegistration> all() {
		return List.copyOf(this.placements.keySet());
	}

	/**
	 * Wants a registration where these records are, and nowhere else.
	 * @return completes when all of them are in etcd that are shown, and no other is;
	 * fails if etcd refuses one
	 */
	CompletableFuture<Void> place(EtcdRegistration registration, List<RecordToWrite> records) {
		Placement placement = this.placements.computeIfAbsent(registration, (added) -> new Placement());
		placement.want(records);
		CompletableFuture<Void> hidden = hide(placement);
		List<CompletableFuture<Void>> shown = new ArrayList<>();
		for (RecordToWrite record : placement.shown()) {
			boolean there = this.handedOver.contains(record.key());
			shown.add(there ? handOver(record) : all(shown).thenCompose((before) -> proceed(placement, record.key())));
		}
		settle(placement);
		return all(List.of(hidden, all(shown)));
	}

	/** What was there before may leave at once if nothing is to come in its place. */
	private CompletableFuture<Void> hide(Placement placement) {
		Set<String> leaving = new LinkedHashSet<>(placement.hiddenKeys());
		if (placement.shown().isEmpty()) {
			leaving.addAll(placement.takeFormer());
		}
		return takeOut(leaving, placement);
	}

	/** Another value, or none, may be wanted by now. */
	private CompletableFuture<Void> proceed(Placement placement, String key) {
		synchronized (this.lock) {
			RecordToWrite record = this.placements.containsValue(placement) ? placement.shown(key) : null;
			return (record != null) ? handOver(record) : cancelled();
		}
	}

	private CompletableFuture<Void> handOver(RecordToWrite record) {
		this.handedOver.add(record.key());
		return this.registrar.register(record.entry());
	}

	private static CompletableFuture<Void> cancelled() {
		CompletableFuture<Void> cancelled = new CompletableFuture<>();
		cancelled.cancel(false);
		return cancelled;
	}

	/** A key has come to be in etcd, at first or again. */
	private void onRegistered(String key) {
		synchronized (this.lock) {
			this.placements.values()
				.stream()
				.filter((placement) -> placement.shown(key) != null)
				.forEach((placement) -> {
					placement.shown()
						.stream()
						.filter((record) -> !this.handedOver.contains(record.key()))
						.forEach(this::handOver);
					settle(placement);
				});
		}
	}

	/** A key cannot be in etcd for now, and is not. */
	private void onBlocked(String key) {
		synchronized (this.lock) {
			if (!this.handedOver.contains(key)) {
				return;
			}
			for (Placement placement : this.placements.values()) {
				if (placement.shown(key) != null) {
					Set<String> others = new LinkedHashSet<>();
					placement.shown().forEach((record) -> others.add(record.key()));
					others.remove(key);
					takeOut(others, placement);
				}
			}
		}
	}

	/**
	 * Once a registration is where it is wanted, it need not be anywhere else any more,
	 * and who waits for it is called back.
	 */
	private void settle(Placement placement) {
		List<RecordToWrite> shown = placement.shown();
		if (!shown.isEmpty() && shown.stream().allMatch((record) -> isRegistered(record.key()))) {
			takeOut(placement.takeFormer(), placement);
			placement.takeWaiting().forEach(Runnable::run);
		}
	}

	private boolean isRegistered(String key) {
		return this.handedOver.contains(key) && this.registrar.state(key) == RecordState.REGISTERED;
	}

	/** Takes keys out of etcd that nobody else wants there. */
	private CompletableFuture<Void> takeOut(Set<String> keys, @Nullable Placement placement) {
		return all(keys.stream()
			.filter((key) -> this.placements.values()
				.stream()
				.noneMatch((other) -> other != placement && other.shown(key) != null))
			.filter(this.handedOver::remove)
			.map(this.registrar::deregister)
			.toList());
	}

	/**
	 * Registrations are not wanted any more.
	 * @return completes when they are out of etcd
	 */
	CompletableFuture<Void> remove(Collection<EtcdRegistration> registrations) {
		Set<String> leaving = new LinkedHashSet<>();
		for (EtcdRegistration registration : registrations) {
			Placement placement = this.placements.remove(registration);
			if (placement != null) {
				placement.all().forEach((record) -> leaving.add(record.key()));
				leaving.addAll(placement.takeFormer());
			}
		}
		return takeOut(leaving, null);
	}

	/** Calls back once a registration is where it is wanted. */
	void whenSettled(EtcdRegistration registration, Runnable callback) {
		Placement placement = this.placements.get(registration);
		if (placement != null) {
			placement.whenSettled(callback);
		}
	}

	/** Says how far that record of a registration is which is furthest behind. */
	RecordState state(EtcdRegistration registration) {
		Placement placement = this.placements.get(registration);
		return (placement == null) ? RecordState.GONE
				: placement.shown()
					.stream()
					.map((record) -> this.registrar.state(record.key()))
					.min(LEAST_ADVANCED)
					.orElse(RecordState.GONE);
	}

	/** Callers of what has just been hidden may not know it yet. */
	boolean mayBeCalled(EtcdRegistration registration) {
		Placement placement = this.placements.get(registration);
		return placement != null && (!placement.hiddenKeys().isEmpty()
				|| placement.shown().stream().anyMatch((record) -> isRegistered(record.key())));
	}

	/** Counts the records that are in etcd. */
	int registered() {
		return (int) this.handedOver.stream().filter(this::isRegistered).count();
	}

	List<RegisteredRecord> records() {
		return this.placements.entrySet()
			.stream()
			.flatMap((entry) -> entry.getValue()
				.all()
				.stream()
				.map((record) -> RegisteredRecord.of(entry.getKey(), record, this.registrar)))
			.toList();
	}

	private static CompletableFuture<Void> all(Collection<CompletableFuture<Void>> futures) {
		return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new));
	}

}
