package io.github.etcddiscovery.benchmarks.soak;

import java.net.URI;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.etcd.jetcd.Client;
import io.etcd.jetcd.api.AlarmRequest;
import io.etcd.jetcd.api.AlarmType;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.github.etcddiscovery.testing.EtcdBinary;
import io.github.etcddiscovery.testing.EtcdEyes;
import io.github.etcddiscovery.testing.EtcdProcess;
import io.github.etcddiscovery.testing.GrpcProxy;
import io.github.etcddiscovery.testing.TcpProxy;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;

/**
 * Three members of etcd, and for each group of clients a way of its own to each of them:
 * for half of the groups over a network that can fail, for the others over a server in
 * between as well, which can do what etcd itself does only by accident.
 */
final class Cluster implements AutoCloseable {

	static final int GROUPS = 4;

	private final List<EtcdProcess> members;

	private final List<List<GrpcProxy>> servers;

	private final List<List<TcpProxy>> proxies;

	private final EtcdEyes eyes;

	Cluster(EtcdBinary binary) {
		this.members = EtcdProcess.startCluster(binary, 3);
		this.servers = IntStream.range(0, GROUPS)
			.mapToObj((group) -> (group % 2 == 0) ? List.<GrpcProxy>of()
					: endpoints().stream().map(GrpcProxy::to).toList())
			.toList();
		this.proxies = this.servers.stream()
			.map((servers) -> (servers.isEmpty() ? endpoints() : servers.stream().map(GrpcProxy::endpoint).toList())
				.stream()
				.map(TcpProxy::to)
				.toList())
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

	List<Integer> groups() {
		return IntStream.range(0, GROUPS).boxed().toList();
	}

	List<Integer> groupsWithServers() {
		return groups().stream().filter((group) -> !this.servers.get(group).isEmpty()).toList();
	}

	/** The servers in between of a group, none for those that have none. */
	List<GrpcProxy> servers(int group) {
		return this.servers.get(group);
	}

	/** The ways of a group. */
	List<TcpProxy> proxies(int group) {
		return this.proxies.get(group);
	}

	String[] endpoints(int group) {
		return this.proxies.get(group).stream().map(TcpProxy::endpoint).toArray(String[]::new);
	}

	/** Lets etcd believe, or not believe any more, that its disk is full. */
	void setOutOfSpace(boolean full) {
		String endpoint = endpoints().get(0);
		long member = this.eyes.client()
			.getMaintenanceClient()
			.statusMember(endpoint)
			.orTimeout(5, TimeUnit.SECONDS)
			.join()
			.getHeader()
			.getMemberId();
		ManagedChannel channel = Grpc
			.newChannelBuilder(URI.create(endpoint).getAuthority(), InsecureChannelCredentials.create())
			.build();
		try {
			MaintenanceGrpc.newBlockingStub(channel)
				.withDeadlineAfter(5, TimeUnit.SECONDS)
				.alarm(AlarmRequest.newBuilder()
					.setAction(full ? AlarmRequest.AlarmAction.ACTIVATE : AlarmRequest.AlarmAction.DEACTIVATE)
					.setMemberID(member)
					.setAlarm(AlarmType.NOSPACE)
					.build());
		}
		finally {
			channel.shutdownNow();
		}
	}

	/** Looks into it from nearby. */
	EtcdEyes eyes() {
		return this.eyes;
	}

	@Override
	public void close() {
		this.eyes.close();
		this.proxies.forEach((group) -> group.forEach(TcpProxy::close));
		this.servers.forEach((group) -> group.forEach(GrpcProxy::close));
		this.members.forEach(EtcdProcess::close);
	}

}
