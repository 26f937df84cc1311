package io.github.etcddiscovery.benchmarks.soak;

import java.util.List;
import java.util.stream.IntStream;

import io.etcd.jetcd.Client;
import io.github.etcddiscovery.testing.EtcdBinary;
import io.github.etcddiscovery.testing.EtcdEyes;
import io.github.etcddiscovery.testing.EtcdProcess;
import io.github.etcddiscovery.testing.TcpProxy;

/**
 * Three members of etcd, and for each group of clients a way of its own to each of them.
 */
final class Cluster implements AutoCloseable {

	static final int GROUPS = 4;

	private final List<EtcdProcess> members;

	private final List<List<TcpProxy>> proxies;

	private final EtcdEyes eyes;

	Cluster(EtcdBinary binary) {
		this.members = EtcdProcess.startCluster(binary, 3);
		this.proxies = IntStream.range(0, GROUPS)
			.mapToObj((group) -> this.members.stream().map((member) -> TcpProxy.to(member.endpoint())).toList())
			.toList();
		this.eyes = new EtcdEyes(Client.builder().endpoints(endpoints().toArray(String[]::new)).build());
	}

	List<EtcdProcess> members() {
		return this.members;
	}

	/** Those of the members themselves. */
	List<String> endpoints() {
		return this.members.stream().map(EtcdProcess::endpoint).toList();
	}

	/** The ways of a group. */
	List<TcpProxy> proxies(int group) {
		return this.proxies.get(group);
	}

	String[] endpoints(int group) {
		return this.proxies.get(group).stream().map(TcpProxy::endpoint).toArray(String[]::new);
	}

	/** Looks into it from nearby. */
	EtcdEyes eyes() {
		return this.eyes;
	}

	@Override
	public void close() {
		this.eyes.close();
		this.proxies.forEach((group) -> group.forEach(TcpProxy::close));
		this.members.forEach(EtcdProcess::close);
	}

}
