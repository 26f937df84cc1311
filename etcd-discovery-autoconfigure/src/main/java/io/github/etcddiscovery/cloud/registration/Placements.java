package io.github.etcddiscovery.cloud.registration;

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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings registrations to where they are wanted in etcd, and takes them away from where
 * they were. Of several records of one registration each is handed over once the one
 * before it is there; where one cannot be, the others are taken out until it can. Guarded
 * by the lock of the registry it belongs to.
 */
final class Placements {

	private static final Logger logger = LoggerFactory.getLogger(Placements.class);

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

	boolean contains(EtcdRegistration registration) {
		return this.placements.containsKey(registration);
	}

	List<EtcdRegistration> all() {
		return List.copyOf(this.placements.keySet());
	}

	/**
	 * Wants a registration where these records are, and nowhere else.
	 * @return completes when all of them are in etcd that are shown, and those that are
	 * hidden are not; fails if etcd refuses one
	 */
	CompletableFuture<Void> place(EtcdRegistration registration, List<WantedRecord> records) {
		Placement placement = this.placements.computeIfAbsent(registration, (added) -> new Placement());
		// The registrar may have said so already, and be about to tell.
		settle(placement);
		placement.want(records);
		List<CompletableFuture<Void>> outcomes = new ArrayList<>();
		outcomes.add(hide(placement));
		// What is not there yet waits for what has been handed over and is not either.
		List<CompletableFuture<Void>> awaited = new ArrayList<>();
		for (WantedRecord record : placement.shown()) {
			if (this.handedOver.contains(record.key())) {
				boolean there = isRegistered(record.key());
				CompletableFuture<Void> outcome = handOver(record);
				outcomes.add(outcome);
				if (!there) {
					awaited.add(outcome);
				}
			}
		}
		for (WantedRecord record : placement.shown()) {
			if (!this.handedOver.contains(record.key())) {
				CompletableFuture<Void> outcome = FailFastAll.of(awaited)
					.thenCompose((before) -> proceed(placement, record.key()));
				outcomes.add(outcome);
				awaited.add(outcome);
			}
		}
		settle(placement);
		return FailFastAll.of(outcomes);
	}

	/**
	 * What was there before may leave at once if nothing is to come in its place, and
	 * what never got there may not come any more.
	 */
	private CompletableFuture<Void> hide(Placement placement) {
		Set<String> leaving = placement.hiddenKeys();
		leaving.addAll(placement.takeAbandoned());
		if (placement.shown().isEmpty()) {
			leaving.addAll(placement.takeFormer());
		}
		return takeOut(leaving, placement);
	}

	/** Another value, or none, may be wanted by now. */
	private CompletableFuture<Void> proceed(Placement placement, String key) {
		synchronized (this.lock) {
			WantedRecord record = this.placements.containsValue(placement) ? placement.find(key) : null;
			return (record != null) ? handOver(record) : cancelled();
		}
	}

	private CompletableFuture<Void> handOver(WantedRecord record) {
		this.handedOver.add(record.key());
		return this.registrar.register(record.entry());
	}

	private static CompletableFuture<Void> cancelled() {
		CompletableFuture<Void> cancelled = new CompletableFuture<>();
		cancelled.cancel(false);
		return cancelled;
	}

	/**
	 * A key has come to be in etcd, at first or again; it may be on its way out by now.
	 */
	private void onRegistered(String key) {
		synchronized (this.lock) {
			if (this.handedOver.contains(key)) {
				of(key).forEach((placement) -> {
					placement.shown()
						.stream()
						.filter((record) -> !this.handedOver.contains(record.key()))
						.forEach(this::handOver);
					settle(placement);
				});
			}
		}
	}

	/** A key cannot be in etcd for now. */
	private void onBlocked(String key) {
		synchronized (this.lock) {
			if (this.handedOver.contains(key)) {
				of(key).forEach((placement) -> {
					Set<String> others = placement.without(key);
					others.stream()
						.filter(this::isRegistered)
						.forEach(
								(other) -> logger.warn("Taking {} out of etcd until {} can be there, too", other, key));
					takeOut(others, placement);
				});
			}
		}
	}

	/** Whose records are to be at a key for now. */
	private List<Placement> of(String key) {
		return this.placements.values().stream().filter((placement) -> placement.find(key) != null).toList();
	}

	/**
	 * Once a registration is where it is wanted, it need not be anywhere else any more,
	 * and who waits for it is called back.
	 */
	private void settle(Placement placement) {
		List<WantedRecord> shown = placement.shown();
		if (!shown.isEmpty() && shown.stream().allMatch((record) -> isRegistered(record.key()))) {
			takeOut(placement.takeFormer(), placement);
			placement.settle().forEach(Runnable::run);
		}
	}

	private boolean isRegistered(String key) {
		return this.handedOver.contains(key) && this.registrar.state(key) == RecordState.REGISTERED;
	}

	/** Takes keys out of etcd that nobody else wants there, and awaits those leaving. */
	private CompletableFuture<Void> takeOut(Set<String> keys, @Nullable Placement placement) {
		return FailFastAll.of(keys.stream()
			.filter((key) -> this.placements.values()
				.stream()
				.noneMatch((other) -> other != placement && other.find(key) != null))
			.map((key) -> {
				this.handedOver.remove(key);
				return this.registrar.deregister(key);
			})
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
				: placement.shown().stream().map(this::state).min(LEAST_ADVANCED).orElse(RecordState.GONE);
	}

	/** What waits for another one is wanted, too. */
	private RecordState state(WantedRecord record) {
		boolean waiting = record.shown() && !this.handedOver.contains(record.key());
		return waiting ? RecordState.WANTED : this.registrar.state(record.key());
	}

	/** Whether there are callers, or may be: those of what is hidden may not know yet. */
	boolean mayBeCalled(EtcdRegistration registration) {
		Placement placement = this.placements.get(registration);
		return placement != null
				&& (placement.shown().isEmpty() || placement.former().stream().anyMatch(this::isRegistered)
						|| placement.shownKeys().stream().anyMatch(this::isRegistered));
	}

	/** Counts the records that are known to be in etcd. */
	int registered() {
		return (int) this.handedOver.stream().filter(this::isRegistered).filter((key) -> !isLeaseExpired(key)).count();
	}

	/**
	 * Whether the lease of a record must have expired, so that a running etcd has deleted
	 * the record.
	 */
	private boolean isLeaseExpired(String key) {
		return this.registrar.leaseRemaining(key).isZero();
	}

	/** Whether the lease of one of its records must have expired. */
	boolean isLeaseExpired(EtcdRegistration registration) {
		Placement placement = this.placements.get(registration);
		return placement != null && placement.shownKeys().stream().anyMatch(this::isLeaseExpired);
	}

	List<RegisteredRecord> records() {
		return this.placements.entrySet()
			.stream()
			.flatMap((entry) -> entry.getValue()
				.all()
				.stream()
				.map((record) -> RegisteredRecord.of(entry.getKey(), record, state(record), this.registrar)))
			.toList();
	}

}
