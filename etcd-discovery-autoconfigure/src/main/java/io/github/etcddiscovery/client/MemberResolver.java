package io.github.etcddiscovery.client;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.github.etcddiscovery.support.DnsClient;

/**
 * Finds the addresses of the cluster's members. Each call looks names up anew. Blocks.
 */
final class MemberResolver {

	/** Priority, weight, port and target, as RFC 2782 orders them. */
	private static final Pattern SRV_RECORD = Pattern.compile("\\d+ \\d+ (\\d+) (\\S+?)\\.?");

	/** IPv4 addresses and those in brackets are no names. */
	private static final Pattern LITERAL = Pattern.compile("\\[.*]|[0-9.]+");

	/** How often DNS is asked directly at most. */
	private static final Duration PAUSE = Duration.ofSeconds(2);

	/** The JVM asks again by itself after half a minute. */
	private static final Duration LONG_PAUSE = Duration.ofSeconds(30);

	private static final Duration SLOW = Duration.ofSeconds(1);

	private final DnsClient dns;

	private final LongSupplier nanoTime;

	private long notBefore;

	MemberResolver(DnsClient dns, LongSupplier nanoTime) {
		this.dns = dns;
		this.nanoTime = nanoTime;
		this.notBefore = nanoTime.getAsLong();
	}

	/**
	 * Returns all addresses that the operating system knows, hosts files included. The
	 * JVM may have kept them for half a minute.
	 */
	Set<MemberAddress> resolve(List<EtcdEndpoint> endpoints) {
		return resolve(endpoints, MemberResolver::addresses);
	}

	/**
	 * Returns all addresses that DNS knows at this moment. Returns none if DNS was asked
	 * just before, or was slow half a minute before: members must not wait for it.
	 */
	Set<MemberAddress> resolveInDns(List<EtcdEndpoint> endpoints) {
		long begin = this.nanoTime.getAsLong();
		if (begin - this.notBefore < 0) {
			return new LinkedHashSet<>();
		}
		Set<MemberAddress> members = resolve(endpoints, this::addressesInDns);
		long end = this.nanoTime.getAsLong();
		boolean slow = end - begin > SLOW.toNanos();
		this.notBefore = end + (slow ? LONG_PAUSE : PAUSE).toNanos();
		return members;
	}

	private List<InetAddress> addressesInDns(String host) {
		return LITERAL.matcher(host).matches() ? List.of()
				: Stream.of("A", "AAAA")
					.flatMap((type) -> this.dns.lookUp(host, type).stream())
					.flatMap((literal) -> addresses(literal).stream())
					.toList();
	}

	private Set<MemberAddress> resolve(List<EtcdEndpoint> endpoints, Resolution resolution) {
		Set<MemberAddress> members = new LinkedHashSet<>();
		for (EtcdEndpoint endpoint : endpoints) {
			for (HostAndPort host : hosts(endpoint)) {
				resolution.addresses(host.host())
					.forEach((address) -> members.add(new MemberAddress(endpoint, address, host.port())));
			}
		}
		return members;
	}

	private List<HostAndPort> hosts(EtcdEndpoint endpoint) {
		if (!endpoint.isSrv()) {
			return List.of(new HostAndPort(endpoint.host(), endpoint.port()));
		}
		List<HostAndPort> hosts = new ArrayList<>();
		for (String text : this.dns.lookUp(srvName(endpoint), "SRV")) {
			Matcher srv = SRV_RECORD.matcher(text);
			if (srv.matches()) {
				hosts.add(new HostAndPort(srv.group(2), Integer.parseInt(srv.group(1))));
			}
		}
		return hosts;
	}

	/** Returns etcd's own name for the records: {@code client/pkg/v3/srv}. */
	static String srvName(EtcdEndpoint endpoint) {
		return (endpoint.secure() ? "_etcd-client-ssl._tcp." : "_etcd-client._tcp.") + endpoint.host();
	}

	private static List<InetAddress> addresses(String host) {
		try {
			return List.of(InetAddress.getAllByName(host));
		}
		catch (UnknownHostException ex) {
			return List.of();
		}
	}

	private record HostAndPort(String host, int port) {

	}

	@FunctionalInterface
	private interface Resolution {

		List<InetAddress> addresses(String host);

	}

}
