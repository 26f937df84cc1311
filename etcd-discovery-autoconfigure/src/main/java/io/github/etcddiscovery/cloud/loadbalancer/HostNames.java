package io.github.etcddiscovery.cloud.loadbalancer;

import java.net.InetAddress;

import io.github.etcddiscovery.instance.ServiceRecord;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Looks up host names before a client does, which would block one of its few threads. The
 * JVM remembers the addresses for half a minute by default.
 */
final class HostNames {

	/** Names of a DNS server that does not answer hold up other names only. */
	private static final Scheduler LOOKUPS = Schedulers.newBoundedElastic(16, 100_000, "etcd-health-lookups", 10, true);

	private HostNames() {
	}

	/**
	 * Looks up a host.
	 * @param host a name or an address, as in a URI
	 * @return completes once the JVM knows its addresses, at once if it is an address;
	 * fails if the name is not known
	 */
	static Mono<Void> lookUp(String host) {
		return ServiceRecord.isAddress(host) ? Mono.empty()
				: Mono.fromCallable(() -> InetAddress.getAllByName(host)).subscribeOn(LOOKUPS).then();
	}

}
