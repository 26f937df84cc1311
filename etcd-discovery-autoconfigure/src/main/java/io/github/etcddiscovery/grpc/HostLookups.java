package io.github.etcddiscovery.grpc;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;

import io.github.etcddiscovery.instance.ServiceRecord;

/**
 * Looks up hosts, some of them at the same time, and keeps their addresses. A host that
 * cannot be looked up any more keeps the addresses it had. Belongs to one thread; the
 * lookups take others.
 */
final class HostLookups {

	/**
	 * How many lookups are under way: a slow name does not hold up others, and many slow
	 * names do not take all threads.
	 */
	private static final int AT_ONCE = 8;

	private final Lookup lookup;

	private final Executor blocking;

	private final Executor owner;

	private final Runnable changed;

	private final Map<String, List<InetAddress>> addresses = new HashMap<>();

	/** Hosts whose last lookup failed. */
	private final Set<String> unknown = new TreeSet<>();

	private final Set<String> waiting = new LinkedHashSet<>();

	private final Set<String> underWay = new HashSet<>();

	private Set<String> wanted = Set.of();

	private boolean telling;

	/**
	 * Creates lookups.
	 * @param lookup looks up one host
	 * @param blocking runs lookups
	 * @param owner runs tasks on the thread that this belongs to
	 * @param changed is called on that thread when addresses have changed, and after the
	 * last lookup under way
	 */
	HostLookups(Lookup lookup, Executor blocking, Executor owner, Runnable changed) {
		this.lookup = lookup;
		this.blocking = blocking;
		this.owner = owner;
		this.changed = changed;
	}

	/** Looks up the hosts that were not looked up yet, and forgets all others. */
	void want(Set<String> hosts) {
		this.wanted = hosts;
		this.addresses.keySet().retainAll(hosts);
		this.unknown.retainAll(hosts);
		this.waiting.retainAll(hosts);
		hosts.stream()
			.filter((host) -> !this.addresses.containsKey(host) && !this.unknown.contains(host))
			.forEach(this::plan);
		begin();
	}

	/** Looks up all hosts again, since a name may stand for another address by now. */
	void lookUpAgain() {
		this.wanted.stream().filter((host) -> !ServiceRecord.isAddress(host)).forEach(this::plan);
		begin();
	}

	/** Returns the addresses of a host, none if they are not known. */
	List<InetAddress> addresses(String host) {
		return this.addresses.getOrDefault(host, List.of());
	}

	/** Returns the hosts that are not known, in the order of the alphabet. */
	Set<String> unknown() {
		return this.unknown;
	}

	/** Whether the addresses of a host may still come. */
	boolean isLookingUp() {
		return !this.underWay.isEmpty();
	}

	private void plan(String host) {
		if (ServiceRecord.isAddress(host)) {
			this.addresses.put(host, lookUp(host));
		}
		else if (!this.underWay.contains(host)) {
			this.waiting.add(host);
		}
	}

	private void begin() {
		while (this.underWay.size() < AT_ONCE && !this.waiting.isEmpty()) {
			String host = this.waiting.iterator().next();
			this.waiting.remove(host);
			this.underWay.add(host);
			try {
				this.blocking.execute(() -> {
					List<InetAddress> found = lookUp(host);
					this.owner.execute(() -> found(host, found));
				});
			}
			catch (RuntimeException ex) {
				// The channel is being shut down.
				this.underWay.remove(host);
				this.unknown.add(host);
			}
		}
	}

	/** Returns none if the host is not known, or the lookup fails otherwise. */
	private List<InetAddress> lookUp(String host) {
		try {
			return Arrays.asList(this.lookup.addresses(host));
		}
		catch (UnknownHostException | RuntimeException ex) {
			return List.of();
		}
	}

	private void found(String host, List<InetAddress> found) {
		this.underWay.remove(host);
		boolean news = false;
		if (this.wanted.contains(host)) {
			news = found.isEmpty() ? this.unknown.add(host)
					: this.unknown.remove(host) | !found.equals(this.addresses.put(host, found));
		}
		begin();
		if (news || this.underWay.isEmpty()) {
			tellSoon();
		}
	}

	/** Lookups that end meanwhile are told with this one. */
	private void tellSoon() {
		if (!this.telling) {
			this.telling = true;
			this.owner.execute(() -> {
				this.telling = false;
				this.changed.run();
			});
		}
	}

	/**
	 * Looks up the addresses of a host.
	 */
	@FunctionalInterface
	interface Lookup {

		InetAddress[] addresses(String host) throws UnknownHostException;

	}

}
