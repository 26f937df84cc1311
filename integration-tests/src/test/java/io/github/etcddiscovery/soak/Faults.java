package io.github.etcddiscovery.soak;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;

import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.GrpcProxy;
import io.github.etcddiscovery.testsupport.TcpProxy;
import io.github.etcddiscovery.testsupport.TcpProxy.Direction;
import io.grpc.Status;
import io.grpc.Status.Code;

/**
 * The faults there are, brought about at random, several at once: one at a time of a
 * member or more of etcd, one of the way or the user of each group of clients, one of
 * each key.
 */
final class Faults {

	/** Longer than a record lasts without being renewed. */
	private static final Duration LONG = Owner.TTL.ttl().plusSeconds(2);

	private static final String SILENCE = "watches that fall silent";

	/** Before that a view need not have noticed. */
	private static final Duration LONG_SILENCE = Duration.ofSeconds(15);

	private static final int REPEAT_MILLIS = 5;

	private static final List<Status> STATUSES = Arrays.stream(Code.values())
		.filter((code) -> code != Code.OK)
		.map(Code::toStatus)
		.toList();

	private static final int AFTERMATH_SECONDS = 30;

	private static final int FOREIGN_TTL_SECONDS = 60;

	private final Cluster cluster;

	private final List<Owner> owners;

	private final Disturbances disturbances;

	private final Random random;

	private final ScheduledExecutorService executor;

	private final List<Kind> kinds = new ArrayList<>();

	private final Deque<Kind> deck = new ArrayDeque<>();

	private final Resets resets;

	private final Set<Object> busy = ConcurrentHashMap.newKeySet();

	private final Map<String, List<Duration>> recoveries = new TreeMap<>();

	private int foreigners;

	Faults(Cluster cluster, Truth truth, List<Owner> owners, Disturbances disturbances, Random random,
			ScheduledExecutorService executor) {
		this.executor = executor;
		this.cluster = cluster;
		this.resets = new Resets(cluster, truth);
		this.owners = owners;
		this.disturbances = disturbances;
		this.random = random;
		member("leader killed", () -> killed(List.of(leader())));
		member("follower killed", () -> killed(List.of(follower())));
		member("two of three killed", () -> killed(List.of(leader(), follower())));
		member("all of etcd killed", () -> killed(this.cluster.members()));
		member("member stopped with SIGSTOP", () -> frozen(1));
		member("two of three stopped with SIGSTOP", () -> frozen(2));
		member("member cut off from its peers", this::cutOff);
		member("etcd out of space",
				inDoubt(() -> this.cluster.setOutOfSpace(true), () -> this.cluster.setOutOfSpace(false)));
		network("connections reset", TcpProxy::cut, (proxy) -> {
		});
		network("connections refused", (proxy) -> proxy.setRefusing(true), (proxy) -> proxy.setRefusing(false));
		swallowed("network that swallows everything", Direction.TO_ETCD, Direction.FROM_ETCD);
		swallowed("network that swallows what is said to etcd", Direction.TO_ETCD);
		swallowed("network that swallows what etcd says", Direction.FROM_ETCD);
		network("everything takes 300 ms each way", (proxy) -> proxy.setDelay(Duration.ofMillis(300)),
				(proxy) -> proxy.setDelay(Duration.ZERO));
		network("connections that etcd half-closes", TcpProxy::halfClose, (proxy) -> {
		});
		repeated("connections that break in mid-message", (proxy) -> proxy.cutAfter(1 + this.random.nextInt(5_000)),
				(proxy) -> proxy.cutAfter(Long.MAX_VALUE));
		repeated("connections that break between frames", (proxy) -> proxy.cutAfterFrames(1 + this.random.nextInt(30)),
				(proxy) -> proxy.cutAfterFrames(Integer.MAX_VALUE));
		network("slow link", (proxy) -> proxy.setBytesPerSecond(20_000),
				(proxy) -> proxy.setBytesPerSecond(Long.MAX_VALUE));
		server("clients are told to go away (GOAWAY)", (servers) -> {
			List<Runnable> endings = servers.stream().map(GrpcProxy::goAway).toList();
			return () -> endings.forEach(Runnable::run);
		});
		server(SILENCE, (server) -> server.silenceWatches(true), (server) -> server.silenceWatches(false));
		server("watches that end after an event", (server) -> server.endWatchesAfter(2),
				(server) -> server.endWatchesAfter(Integer.MAX_VALUE));
		server("watches that end before their first event", (server) -> {
			server.endWatchesAfter(1);
			server.failAll(Status.UNAVAILABLE);
			server.stopFailing();
		}, (server) -> server.endWatchesAfter(Integer.MAX_VALUE));
		server("all calls fail with a status", (servers) -> {
			Status status = STATUSES.get(this.random.nextInt(STATUSES.size()));
			servers.forEach((server) -> server.failAll(status));
			return () -> servers.forEach(GrpcProxy::stopFailing);
		});
		refused("permissions withdrawn", this.cluster::setPermitted);
		refused("password changed", this.cluster::setPasswordKnown);
		key("key deleted by somebody", (owner) -> {
			this.cluster.eyes().delete(owner.key());
			return () -> {
			};
		});
		key("key overwritten by somebody, without a lease", (owner) -> {
			this.cluster.eyes().put(owner.key(), "nobody's");
			return () -> {
			};
		});
		key("lease revoked by somebody", (owner) -> {
			if (owner.leaseId() != 0) {
				this.cluster.eyes().revoke(owner.leaseId());
			}
			return () -> {
			};
		});
		key("key taken by another live process", this::takenByAnother);
	}

	private void member(String name, Beginning beginning) {
		this.kinds.add(new Kind(name, () -> {
			if (!this.busy.add(this.cluster)) {
				return null;
			}
			return active(name, this.cluster, this.cluster.groups(), null, beginning);
		}));
	}

	private void network(String name, Consumer<TcpProxy> fault, Consumer<TcpProxy> healing) {
		network(name, each(fault, healing));
	}

	private static <P> Function<List<P>, Runnable> each(Consumer<P> fault, Consumer<P> healing) {
		return (proxies) -> {
			proxies.forEach(fault);
			return () -> proxies.forEach(healing);
		};
	}

	private void network(String name, Function<List<TcpProxy>, Runnable> fault) {
		group(name, this.cluster.groups(), (group) -> () -> fault.apply(this.cluster.proxies(group)));
	}

	private void server(String name, Consumer<GrpcProxy> fault, Consumer<GrpcProxy> healing) {
		server(name, each(fault, healing));
	}

	private void server(String name, Function<List<GrpcProxy>, Runnable> fault) {
		group(name, this.cluster.groupsWithServers(), (group) -> () -> fault.apply(this.cluster.servers(group)));
	}

	/** etcd may have done it although it does not say so: undone in any case. */
	private static Beginning inDoubt(Runnable fault, Runnable healing) {
		return () -> {
			try {
				fault.run();
			}
			catch (RuntimeException ex) {
				// Such as no leader at the moment.
			}
			return healing;
		};
	}

	private void refused(String name, BiConsumer<Integer, Boolean> allowing) {
		group(name, this.cluster.groups(),
				(group) -> inDoubt(() -> allowing.accept(group, false), () -> allowing.accept(group, true)));
	}

	private void group(String name, List<Integer> groups, IntFunction<Beginning> beginning) {
		this.kinds.add(new Kind(name, () -> {
			int group = groups.get(this.random.nextInt(groups.size()));
			if (!this.busy.add(group)) {
				return null;
			}
			return active(name, group, List.of(group), null, beginning.apply(group));
		}));
	}

	/** As soon as one has broken the next one may. */
	private void repeated(String name, Consumer<TcpProxy> fault, Consumer<TcpProxy> healing) {
		network(name, (proxies) -> {
			Map<TcpProxy, Integer> cuts = new HashMap<>();
			ScheduledFuture<?> again = this.executor.scheduleWithFixedDelay(() -> proxies.forEach((proxy) -> {
				Integer before = cuts.put(proxy, proxy.cuts());
				if (before == null || proxy.cuts() > before) {
					fault.accept(proxy);
				}
			}), 0, REPEAT_MILLIS, TimeUnit.MILLISECONDS);
			return () -> {
				again.cancel(false);
				proxies.forEach(healing);
			};
		});
	}

	/** What was swallowed in the middle of a connection makes nonsense of the rest. */
	private void swallowed(String name, Direction... directions) {
		network(name, (proxy) -> proxy.swallow(directions), (proxy) -> {
			proxy.swallow();
			proxy.cut();
		});
	}

	private void key(String name, KeyFault fault) {
		this.kinds.add(new Kind(name, () -> {
			Owner owner = this.owners.get(this.random.nextInt(this.owners.size()));
			if (!this.busy.add(owner)) {
				return null;
			}
			return active(name, owner, List.of(), owner, () -> {
				Runnable excused = owner.excuse();
				try {
					Runnable healing = fault.begin(owner);
					return () -> {
						healing.run();
						excused.run();
					};
				}
				catch (Exception ex) {
					// etcd may do it all the same.
					this.executor.schedule(excused, AFTERMATH_SECONDS, TimeUnit.SECONDS);
					throw ex;
				}
			});
		}));
	}

	private Runnable takenByAnother(Owner owner) {
		EtcdEyes eyes = this.cluster.eyes();
		long lease = eyes.grant(FOREIGN_TTL_SECONDS);
		String value = Owner.FOREIGN + this.foreigners++;
		try {
			eyes.put(owner.key(), value, lease);
		}
		catch (RuntimeException ex) {
			// It may be there all the same.
		}
		return () -> {
			owner.protect(value, eyes.revision());
			try {
				eyes.revoke(lease);
			}
			catch (RuntimeException ex) {
				// An attempt before this may have done it.
				if (eyes.grantedTtl(lease) != -1) {
					throw ex;
				}
			}
		};
	}

	private Active active(String name, Object target, List<Integer> groups, Owner owner, Beginning beginning)
			throws Exception {
		long begun = System.nanoTime();
		groups.forEach((group) -> this.disturbances.add(new Disturbances.Span(group, begun, Long.MAX_VALUE)));
		Runnable healing;
		try {
			healing = beginning.begin();
		}
		catch (Exception ex) {
			ended(groups, begun, target);
			throw ex;
		}
		return new Active(name, groups, owner, length(name, owner), () -> {
			healing.run();
			ended(groups, begun, target);
		});
	}

	private void ended(List<Integer> groups, long begun, Object target) {
		long ended = System.nanoTime();
		groups.forEach((group) -> this.disturbances.end(group, begun, ended));
		this.busy.remove(target);
	}

	private Runnable killed(List<EtcdProcess> victims) {
		victims.forEach(EtcdProcess::kill);
		return () -> {
			victims.forEach(EtcdProcess::launchAgain);
			Soak.awaitHealthy(this.cluster);
		};
	}

	private Runnable frozen(int count) {
		List<EtcdProcess> victims = new ArrayList<>(this.cluster.members());
		Collections.shuffle(victims, this.random);
		victims.subList(count, victims.size()).clear();
		victims.forEach(EtcdProcess::freeze);
		return () -> victims.forEach(EtcdProcess::thaw);
	}

	private Runnable cutOff() {
		int member = this.random.nextInt(this.cluster.members().size());
		this.cluster.setAmongPeers(member, false);
		return () -> this.cluster.setAmongPeers(member, true);
	}

	private EtcdProcess leader() {
		return this.cluster.members()
			.stream()
			.filter((member) -> this.cluster.eyes().isLeader(member.endpoint()))
			.findFirst()
			.orElseThrow();
	}

	private EtcdProcess follower() {
		EtcdProcess leader = leader();
		return this.cluster.members().stream().filter((member) -> member != leader).findFirst().orElseThrow();
	}

	/** Begins the next one, each kind in turn; {@code null} if that cannot be now. */
	Active begin() throws Exception {
		if (this.deck.isEmpty()) {
			List<Kind> shuffled = new ArrayList<>(this.kinds);
			Collections.shuffle(shuffled, this.random);
			this.deck.addAll(shuffled);
		}
		Kind kind = this.deck.remove();
		Active begun = null;
		try {
			begun = kind.start().get();
		}
		finally {
			if (begun == null) {
				this.deck.add(kind);
			}
		}
		return begun;
	}

	/** Whether a history has gone on for long enough. */
	boolean isResetDue() {
		return this.resets.isDue();
	}

	/** Lets etcd begin another history, while nobody writes and nothing else happens. */
	Active reset() {
		this.busy.add(this.cluster);
		String name = this.resets.next();
		try {
			return active(name, this.cluster, this.cluster.groups(), null, () -> {
				List<Runnable> excused = this.owners.stream().map(Owner::excuse).toList();
				Runnable completing = this.resets.reset();
				return () -> {
					Soak.awaitHealthy(this.cluster);
					completing.run();
					// Leases that have come back with etcd have to run out.
					long aftermath = name.equals(Resets.WIPED) ? 0 : LONG.toSeconds();
					excused.forEach((ending) -> this.executor.schedule(ending, aftermath, TimeUnit.SECONDS));
				};
			});
		}
		catch (Exception ex) {
			throw new IllegalStateException("etcd was not reset", ex);
		}
	}

	private Duration length(String name, Owner owner) {
		if (owner != null) {
			return Duration.ofSeconds(1);
		}
		if (name.equals(SILENCE)) {
			return LONG_SILENCE;
		}
		return (this.random.nextInt(7) == 0) ? LONG : Duration.ofMillis(100 + this.random.nextInt(2_500));
	}

	synchronized void recovered(Active fault, Duration time) {
		this.recoveries.computeIfAbsent(fault.name(), (added) -> new CopyOnWriteArrayList<>()).add(time);
	}

	/** How long it took to recover, by kind. */
	synchronized Map<String, List<Duration>> recoveries() {
		return new TreeMap<>(this.recoveries);
	}

	List<String> kinds() {
		return Stream.concat(this.kinds.stream().map(Kind::name), Resets.KINDS.stream()).toList();
	}

	/**
	 * Brings it about, and returns how to heal it.
	 */
	private interface Beginning {

		Runnable begin() throws Exception;

	}

	/**
	 * Does it to the key of an owner, and returns how to undo it.
	 */
	private interface KeyFault {

		Runnable begin(Owner owner) throws Exception;

	}

	/**
	 * Brings one about somewhere at random.
	 */
	private interface Start {

		Active get() throws Exception;

	}

	/**
	 * A kind of fault.
	 *
	 * @param name what it is called
	 * @param start how it begins
	 */
	private record Kind(String name, Start start) {

	}

	/**
	 * A fault that has not healed yet.
	 *
	 * @param name its kind
	 * @param groups whose clients it concerns
	 * @param owner whose key it concerns, {@code null} for none
	 * @param length how long it is to last
	 * @param healing heals it
	 */
	record Active(String name, List<Integer> groups, Owner owner, Duration length, Runnable healing) {

	}

}
