package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.WantedRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.cloud.client.serviceregistry.ServiceRegistry;
import org.springframework.util.Assert;

/**
 * Spring Cloud's {@link ServiceRegistry} over etcd. A registration stays in etcd until it
 * is deregistered or the registry is closed, whatever happens to etcd meanwhile. Safe to
 * use from any thread. A closed registry opens again with the next registration.
 */
public class EtcdServiceRegistry implements ServiceRegistry<EtcdRegistration>, AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(EtcdServiceRegistry.class);

	private final Supplier<Registrar> registrars;

	private final RecordEncoder encoder;

	private final boolean deregister;

	private final Duration timeout;

	/** Writes the registrations, {@code null} while there is none. */
	private @Nullable Registrar registrar;

	private final Map<EtcdRegistration, Placement> placements = new LinkedHashMap<>();

	private final RemoteRegistries remotes = new RemoteRegistries();

	private boolean ended;

	/**
	 * Creates a registry. Starts nothing.
	 * @param registrars creates the write side whenever it is needed
	 * @param encoder turns a registration into records
	 * @param deregister whether leaving takes the records out of etcd; otherwise they
	 * stay until their lease runs out
	 * @param timeout how long registering waits for etcd
	 */
	@Internal
	public EtcdServiceRegistry(Supplier<Registrar> registrars, RecordEncoder encoder, boolean deregister,
			Duration timeout) {
		this.registrars = registrars;
		this.encoder = encoder;
		this.deregister = deregister;
		this.timeout = timeout;
	}

	/**
	 * Puts a registration into etcd, or changes what is there in place; if its key is
	 * another one by now, the record moves there. Waits for etcd, but not for long: if it
	 * is away, the registration follows as soon as it is back, and if the key belongs to
	 * another live process, as soon as that has gone.
	 * @param registration what to register
	 * @throws InvalidValueException if a part of it breaks the rules
	 * @throws EtcdException if etcd refuses it; it is still tried again in the background
	 * @throws IllegalStateException if the application is closing
	 */
	@Override
	public void register(@Nullable EtcdRegistration registration) {
		Assert.notNull(registration, "No registration given: expected an EtcdRegistration");
		await(registration, submit(registration), "registered");
	}

	/**
	 * Waits until a registration is written or refused, but not longer than registering
	 * may take: the registrar goes on in the background.
	 * @throws EtcdException if etcd refuses it
	 */
	void await(EtcdRegistration registration, CompletableFuture<Void> outcome, String what) {
		try {
			outcome.get(this.timeout.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (TimeoutException ex) {
			logger.warn("{} is not {} after {} ms: still trying in the background", registration, what,
					this.timeout.toMillis());
		}
		catch (CancellationException ex) {
			logger.debug("{} was deregistered meanwhile", registration);
		}
		catch (ExecutionException ex) {
			throw EtcdException.from(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/** Hands a registration over. Does not wait. */
	synchronized CompletableFuture<Void> submit(EtcdRegistration registration) {
		if (this.ended) {
			throw new IllegalStateException("Not registering " + registration + ": the application is closing");
		}
		List<WantedRecord> records = this.encoder.of(registration);
		if (this.registrar == null) {
			this.registrar = this.registrars.get();
		}
		records.stream()
			.filter((record) -> !record.shown())
			.forEach((record) -> logger.info(
					"{} is not in etcd as long as its status is not UP: format {} has no room for it", record.key(),
					record.format()));
		Registrar used = this.registrar;
		this.placements.merge(registration, Placement.of(records), (before, now) -> before.movedTo(now, used));
		CompletableFuture<Void> outcome = used.place(registration, records);
		this.remotes.submit(registration);
		return outcome;
	}

	/**
	 * Writes all registrations to a remote cluster, too, from now on. Does not wait for
	 * that cluster: what happens there changes nothing here.
	 * @param cluster the name of the cluster
	 * @param remote its registry
	 */
	@Internal
	public synchronized void addRemote(String cluster, EtcdServiceRegistry remote) {
		this.remotes.add(cluster, remote, this.placements.keySet());
	}

	/**
	 * Takes all registrations out of a remote cluster, and waits until they are, but at
	 * most three seconds.
	 * @param cluster the name of the cluster
	 */
	@Internal
	public void removeRemote(String cluster) {
		EtcdServiceRegistry removed;
		synchronized (this) {
			removed = this.remotes.remove(cluster);
		}
		if (removed != null) {
			removed.end();
			removed.close();
		}
	}

	/**
	 * Returns the registry of a remote cluster.
	 * @param cluster the name of the cluster
	 * @return its registry, {@code null} if this application does not register there
	 */
	@Internal
	public @Nullable EtcdServiceRegistry remote(String cluster) {
		return this.remotes.get(cluster);
	}

	/** Makes sure that a registration could be handed over as it is. */
	void requireRegistrable(EtcdRegistration registration) {
		this.encoder.of(registration);
	}

	/**
	 * Calls back once a registration is in etcd, never if it is deregistered before. The
	 * callback must not block.
	 */
	synchronized void whenRegistered(EtcdRegistration registration, Runnable callback) {
		if (this.registrar != null) {
			this.registrar.whenPlaced(registration, callback);
		}
	}

	/** Writes what has changed of a registration, if it is registered. Does not wait. */
	synchronized void publishChanges(EtcdRegistration registration) {
		if (isWanted(registration)) {
			submit(registration);
		}
	}

	private boolean isWanted(EtcdRegistration registration) {
		return this.placements.containsKey(registration);
	}

	/**
	 * Takes a registration out of etcd, and waits until it is, but at most three seconds.
	 * Afterwards nothing of it is written any more. Does nothing if it is not registered.
	 * @param registration what to deregister
	 */
	@Override
	public void deregister(@Nullable EtcdRegistration registration) {
		Assert.notNull(registration, "No registration given: expected an EtcdRegistration");
		withdraw(List.of(registration));
	}

	/**
	 * Deregisters at once what is registered of these, and says whether a record that was
	 * in etcd is out of it now.
	 */
	boolean withdraw(Collection<EtcdRegistration> registrations) {
		Withdrawal here;
		CompletableFuture<Void> elsewhere;
		synchronized (this) {
			// Under one lock, so that no change of a registration is written later.
			here = beginWithdrawal(registrations);
			elsewhere = this.remotes.withdraw(registrations);
		}
		boolean gone = here.await();
		elsewhere.join();
		return gone;
	}

	/** Wants these registrations no more. Does not wait. */
	synchronized Withdrawal beginWithdrawal(Collection<EtcdRegistration> registrations) {
		Registrar used = this.registrar;
		if (used == null || registrations.stream().noneMatch(this::isWanted)) {
			return Withdrawal.NONE;
		}
		boolean wasThere = registrations.stream()
			.map(this.placements::get)
			.anyMatch((placement) -> placement != null && placement.mayBeCalled(used));
		this.placements.keySet().removeAll(registrations);
		Registrar last = this.placements.isEmpty() ? detach() : null;
		return new Withdrawal(registrations, wasThere, last,
				(last == null) ? used.remove(registrations) : CompletableFuture.completedFuture(null));
	}

	/** Deregisters all that is registered, as {@link #withdraw} does. */
	boolean withdrawAll() {
		List<EtcdRegistration> all;
		synchronized (this) {
			all = List.copyOf(this.placements.keySet());
		}
		return withdraw(all);
	}

	/**
	 * Takes everything out of etcd that this registry has registered, and gives the lease
	 * back; or, if it was created so, just stops renewing it. Waits for etcd at most
	 * three seconds.
	 */
	@Override
	public void close() {
		CompletableFuture<Void> elsewhere = this.remotes.close();
		Registrar closing = detach();
		if (closing != null) {
			closing.close(this.deregister, Registrar.CLOSE_TIMEOUT);
		}
		elsewhere.join();
	}

	/** From now on nothing is registered any more: the application is closing. */
	synchronized void end() {
		this.ended = true;
	}

	/** Returns the registrar to close. The next registration gets another one. */
	private synchronized @Nullable Registrar detach() {
		Registrar detached = this.registrar;
		this.registrar = null;
		this.placements.clear();
		return detached;
	}

	/**
	 * Publishes another status. Returns at once; the record changes in place. While the
	 * application refuses traffic, {@code UP} takes effect once it accepts it again.
	 * @param registration whose status
	 * @param status {@code UP}, {@code DOWN}, {@code OUT_OF_SERVICE} or {@code UNKNOWN}
	 * @throws IllegalArgumentException if it is none of these
	 */
	@Override
	public void setStatus(EtcdRegistration registration, String status) {
		registration.setStatus(InstanceStatus.of(status));
		publishChanges(registration);
	}

	/**
	 * Waits until etcd holds what a registration says now, but not for long.
	 * @param registration which one
	 * @return whether it does; otherwise it follows as soon as etcd answers, or with the
	 * registration
	 * @throws EtcdException if etcd refuses it; that is tried again in the background
	 */
	public boolean flush(EtcdRegistration registration) {
		CompletableFuture<Void> outcome;
		synchronized (this) {
			if (this.ended || !isWanted(registration)) {
				return false;
			}
			outcome = submit(registration);
		}
		await(registration, outcome, "changed");
		return outcome.isDone() && !outcome.isCompletedExceptionally();
	}

	/**
	 * Changes a property that is advertised; of what is registered in etcd too, in place
	 * and under the same lease. Waits for etcd as {@link #flush(EtcdRegistration)} does.
	 * @param registration what advertises it
	 * @param name the property
	 * @param value its value, {@code null} if it is to go
	 * @return whether etcd has it by now; otherwise it follows as soon as etcd answers,
	 * or with the registration
	 * @throws InvalidValueException if what would come of it breaks the rules; all stays
	 * as it was
	 * @throws EtcdException if etcd refuses it while this waits; all stays as it was
	 */
	public boolean changeMetadata(EtcdRegistration registration, String name, @Nullable String value) {
		String former;
		synchronized (this) {
			this.encoder.requireRoomForMetadata(registration, name);
			EtcdRegistration candidate = registration.copy();
			candidate.changeMetadata(name, value);
			this.encoder.check(candidate);
			former = registration.changeMetadata(name, value);
		}
		try {
			return flush(registration);
		}
		catch (EtcdException ex) {
			takeBack(registration, name, value, former);
			throw ex;
		}
	}

	/**
	 * Restores the old value: after a lost lease the record is written anew, and with the
	 * refused value it would never come back.
	 */
	private synchronized void takeBack(EtcdRegistration registration, String name, @Nullable String value,
			@Nullable String former) {
		if (Objects.equals(registration.getMetadata().get(name), value)) {
			registration.changeMetadata(name, former);
			if (!this.ended) {
				publishChanges(registration);
			}
		}
	}

	/**
	 * Returns the status that is published.
	 * @param registration whose status
	 * @param <T> {@link String}
	 * @return the name of an {@link InstanceStatus}
	 */
	@Override
	@SuppressWarnings("unchecked")
	public <T> T getStatus(EtcdRegistration registration) {
		return (T) registration.getStatus().name();
	}

	/** Whether a registration is in etcd, by the last known state. */
	synchronized boolean isRegistered(EtcdRegistration registration) {
		Placement placement = this.placements.get(registration);
		return placement != null && this.registrar != null && placement.state(this.registrar) == RecordState.REGISTERED;
	}

	/**
	 * Returns the state of a registration. With a second record ({@code write-also}) it
	 * is the less advanced of the two states. Once its lease has run out, a registration
	 * is {@link RecordState#WANTED}, even while etcd cannot be reached.
	 * @param registration the registration
	 * @return its state
	 */
	public synchronized RecordState getState(EtcdRegistration registration) {
		Placement placement = this.placements.get(registration);
		if (placement == null || this.registrar == null) {
			return RecordState.GONE;
		}
		RecordState state = placement.state(this.registrar);
		boolean expired = state == RecordState.REGISTERED && placement.isLeaseExpired(this.registrar);
		return expired ? RecordState.WANTED : state;
	}

	/**
	 * Returns all that is registered through this registry.
	 * @return the records, in the order in which the registrations came first; a second
	 * record follows the first
	 */
	public synchronized List<RegisteredRecord> getRecords() {
		Registrar used = this.registrar;
		if (used == null) {
			return List.of();
		}
		return this.placements.entrySet()
			.stream()
			.flatMap((entry) -> entry.getValue().registered(entry.getKey(), used))
			.toList();
	}

	/**
	 * Counts what is registered and was done for it.
	 * @return the counts, as they are at this moment
	 */
	public synchronized RegistrationStatistics getStatistics() {
		Registrar used = this.registrar;
		if (used == null) {
			return new RegistrationStatistics(0, 0, Duration.ZERO);
		}
		long registered = this.placements.values()
			.stream()
			.flatMap((placement) -> placement.keys().stream())
			.distinct()
			.filter((key) -> used.state(key) == RecordState.REGISTERED && !used.leaseRemaining(key).isZero())
			.count();
		return new RegistrationStatistics((int) registered, used.reregistrations(), used.leaseRemaining());
	}

}
