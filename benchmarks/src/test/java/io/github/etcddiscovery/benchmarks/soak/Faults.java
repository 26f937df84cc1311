package io.github.etcddiscovery.benchmarks.soak;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
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
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

import io.github.etcddiscovery.testing.EtcdEyes;
import io.github.etcddiscovery.testing.EtcdProcess;
import io.github.etcddiscovery.testing.TcpProxy;
import io.github.etcddiscovery.testing.TcpProxy.Direction;

/**
 * The faults there are, brought about at random, several at once: one at a time of a
 * member or more of etcd, one in the network of each group of clients, one of each key.
 */
final class Faults {

	/** Longer than a record lasts without being renewed. */
	private static final Duration LONG = Owner.TTL.ttl().plusSeconds(2);

	private static final int REPEAT_MILLIS = 5;

	private static final int AFTERMATH_SECONDS = 30;

	private static final int FOREIGN_TTL_SECONDS = 60;

	private final Cluster cluster;

	private final List<Owner> owners;

	private final Disturbances disturbances;

	private final Random random;

	private final ScheduledExecutorService executor;

	private final List<Kind> kinds = new ArrayList<>();

	private final Deque<Kind> deck = new ArrayDeque<>();

	private final Set<Object> busy = ConcurrentHashMap.newKeySet();

	private final Map<String, List<Duration>> recoveries = new TreeMap<>();

	private int foreigners;

	Faults(Cluster cluster, List<Owner> owners, Disturbances disturbances, Random random,
			ScheduledExecutorService executor) {
		this.executor = executor;
		this.cluster = cluster;
		this.owners = owners;
		this.disturbances = disturbances;
		this.random = random;
		member("leader killed", () -> killed(List.of(leader())));
		member("follower killed", () -> killed(List.of(follower())));
		member("two of three killed", () -> killed(List.of(leader(), follower())));
		member("member stopped with SIGSTOP", () -> {
			EtcdProcess member = this.cluster.members().get(this.random.nextInt(3));
			member.freeze();
			return member::thaw;
		});
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
			return active(name, this.cluster, IntStream.range(0, Cluster.GROUPS).boxed().toList(), null, beginning);
		}));
	}

	private void network(String name, Consumer<TcpProxy> fault, Consumer<TcpProxy> healing) {
		network(name, (proxies) -> {
			proxies.forEach(fault);
			return () -> proxies.forEach(healing);
		});
	}

	private void network(String name, Function<List<TcpProxy>, Runnable> fault) {
		this.kinds.add(new Kind(name, () -> {
			int group = this.random.nextInt(Cluster.GROUPS);
			if (!this.busy.add(group)) {
				return null;
			}
			return active(name, group, List.of(group), null, () -> fault.apply(this.cluster.proxies(group)));
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
		return new Active(name, groups, owner, () -> {
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

	/** How long the next one lasts. */
	Duration length() {
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
		return this.kinds.stream().map(Kind::name).toList();
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
	 * @param healing heals it
	 */
	record Active(String name, List<Integer> groups, Owner owner, Runnable healing) {

	}

}
