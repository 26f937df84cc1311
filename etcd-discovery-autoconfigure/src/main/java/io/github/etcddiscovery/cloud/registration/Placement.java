package io.github.etcddiscovery.cloud.registration;

import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.WantedRecord;

/**
 * The records of a registration, and where they are in etcd.
 *
 * @param records the records that were handed over last
 * @param keys their keys, and the keys of earlier records that may still be in etcd
 */
record Placement(List<WantedRecord> records, Set<String> keys) {

	/** Orders states: the state furthest from {@code REGISTERED} comes first. */
	private static final Comparator<RecordState> LEAST_ADVANCED = Comparator.comparing((state) -> switch (state) {
		case CONFLICT -> 0;
		case WANTED -> 1;
		case LEAVING -> 2;
		case GONE -> 3;
		case REGISTERED -> 4;
	});

	static Placement of(List<WantedRecord> records) {
		Set<String> keys = new LinkedHashSet<>();
		records.forEach((record) -> keys.add(record.key()));
		return new Placement(records, keys);
	}

	/** Returns the next placement. Keeps the keys of this one that are still in use. */
	Placement movedTo(Placement next, Registrar registrar) {
		this.keys.stream().filter((key) -> registrar.state(key) != RecordState.GONE).forEach(next.keys::add);
		return next;
	}

	/** Returns the state of the record that is furthest behind. */
	RecordState state(Registrar registrar) {
		return shown().map((record) -> state(record, registrar)).min(LEAST_ADVANCED).orElse(RecordState.GONE);
	}

	private static RecordState state(WantedRecord record, Registrar registrar) {
		RecordState state = registrar.state(record.key());
		// A record that waits for another one of its registration has no keeper yet.
		boolean waiting = record.shown() && (state == RecordState.GONE || state == RecordState.LEAVING);
		return waiting ? RecordState.WANTED : state;
	}

	/**
	 * Whether callers may still send requests to this instance. If all its records are
	 * hidden, callers may still have an older list that contains it.
	 */
	boolean mayBeCalled(Registrar registrar) {
		return shown().findAny().isEmpty()
				|| this.keys.stream().anyMatch((key) -> registrar.state(key) == RecordState.REGISTERED);
	}

	/** Whether the lease of a record has run out by the clock of this process. */
	boolean isLeaseExpired(Registrar registrar) {
		return shown().anyMatch((record) -> registrar.leaseRemaining(record.key()).isZero());
	}

	Stream<RegisteredRecord> registered(EtcdRegistration registration, Registrar registrar) {
		return this.records.stream()
			.map((record) -> RegisteredRecord.of(registration, record, state(record, registrar), registrar));
	}

	private Stream<WantedRecord> shown() {
		return this.records.stream().filter(WantedRecord::shown);
	}

}
