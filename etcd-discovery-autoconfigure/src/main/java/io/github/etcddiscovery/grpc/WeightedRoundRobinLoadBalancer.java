package io.github.etcddiscovery.grpc;

import java.net.SocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.Status;

/**
 * Keeps a connection to each instance of a service, and sends each call over the next
 * one, as often as the weight of the instance says. Two things differ from gRPC's
 * {@code round_robin}: the weights are those that the instances have in etcd, and when no
 * instance may be called any more, the last connection is given up. Belongs to the
 * synchronization context of the channel.
 */
final class WeightedRoundRobinLoadBalancer extends LoadBalancer {

	private final Helper helper;

	private final AtomicInteger turn = new AtomicInteger(ThreadLocalRandom.current().nextInt());

	private final Map<Set<SocketAddress>, Connection> connections = new LinkedHashMap<>();

	WeightedRoundRobinLoadBalancer(Helper helper) {
		this.helper = helper;
	}

	@Override
	public Status acceptResolvedAddresses(ResolvedAddresses resolved) {
		if (resolved.getAddresses().isEmpty()) {
			Status failure = Status.UNAVAILABLE.withDescription("The name resolver returned no address");
			handleNameResolutionError(failure);
			return failure;
		}
		Map<Set<SocketAddress>, EquivalentAddressGroup> wanted = new LinkedHashMap<>();
		resolved.getAddresses().forEach((group) -> wanted.putIfAbsent(Set.copyOf(group.getAddresses()), group));
		Map<Set<SocketAddress>, Connection> unwanted = new LinkedHashMap<>(this.connections);
		unwanted.keySet().removeAll(wanted.keySet());
		this.connections.keySet().retainAll(wanted.keySet());
		wanted.forEach((addresses, group) -> {
			Connection connection = this.connections.get(addresses);
			if (connection != null) {
				connection.update(group);
			}
			else {
				this.connections.put(addresses, new Connection(group));
			}
		});
		updatePicker();
		// After the picker, which would otherwise go on handing them out.
		unwanted.values().forEach(Connection::shutdown);
		return Status.OK;
	}

	@Override
	public void handleNameResolutionError(Status failure) {
		if (NoInstanceException.isMarked(failure)) {
			List<Connection> unwanted = List.copyOf(this.connections.values());
			this.connections.clear();
			// The mark is for this class only.
			fail(failure.withCause(null));
			unwanted.forEach(Connection::shutdown);
		}
		else if (this.connections.values().stream().noneMatch((connection) -> connection.is(ConnectivityState.READY))) {
			fail(failure);
		}
	}

	private void fail(Status failure) {
		this.helper.updateBalancingState(ConnectivityState.TRANSIENT_FAILURE,
				new FixedResultPicker(PickResult.withError(failure)));
	}

	private void updatePicker() {
		List<Connection> ready = this.connections.values()
			.stream()
			.filter((connection) -> connection.is(ConnectivityState.READY))
			.toList();
		if (!ready.isEmpty()) {
			this.helper.updateBalancingState(ConnectivityState.READY, new WeightedPicker(
					ready.stream().map((connection) -> PickResult.withSubchannel(connection.subchannel)).toList(),
					ready.stream().mapToInt(Connection::weight).toArray(), this.turn));
		}
		else if (this.connections.values()
			.stream()
			.allMatch((connection) -> connection.is(ConnectivityState.TRANSIENT_FAILURE))) {
			fail(this.connections.values().iterator().next().state.getStatus());
		}
		else {
			this.helper.updateBalancingState(ConnectivityState.CONNECTING,
					new FixedResultPicker(PickResult.withNoResult()));
		}
	}

	@Override
	public void shutdown() {
		this.connections.values().forEach(Connection::shutdown);
		this.connections.clear();
	}

	/**
	 * The connection to one instance.
	 */
	private final class Connection implements SubchannelStateListener {

		private final Subchannel subchannel;

		private EquivalentAddressGroup group;

		private ConnectivityStateInfo state = ConnectivityStateInfo.forNonError(ConnectivityState.CONNECTING);

		Connection(EquivalentAddressGroup group) {
			this.group = group;
			this.subchannel = WeightedRoundRobinLoadBalancer.this.helper
				.createSubchannel(CreateSubchannelArgs.newBuilder().setAddresses(group).build());
			this.subchannel.start(this);
			this.subchannel.requestConnection();
		}

		void update(EquivalentAddressGroup group) {
			if (!group.equals(this.group)) {
				this.group = group;
				this.subchannel.updateAddresses(List.of(group));
			}
		}

		boolean is(ConnectivityState state) {
			return this.state.getState() == state;
		}

		int weight() {
			return Objects.requireNonNullElse(this.group.getAttributes().get(AddressAttributes.WEIGHT), 1);
		}

		@Override
		public void onSubchannelState(ConnectivityStateInfo state) {
			if (WeightedRoundRobinLoadBalancer.this.connections.containsValue(this)) {
				follow(state);
			}
		}

		private void follow(ConnectivityStateInfo state) {
			ConnectivityState now = state.getState();
			if (now == ConnectivityState.IDLE || now == ConnectivityState.TRANSIENT_FAILURE) {
				// The name of a host may stand for another address by now.
				WeightedRoundRobinLoadBalancer.this.helper.refreshNameResolution();
			}
			if (now == ConnectivityState.IDLE) {
				this.subchannel.requestConnection();
			}
			// A failure counts until there is a connection: calls would wait for each
			// try.
			boolean stillFailing = is(ConnectivityState.TRANSIENT_FAILURE)
					&& (now == ConnectivityState.IDLE || now == ConnectivityState.CONNECTING);
			if (!stillFailing && now != ConnectivityState.SHUTDOWN) {
				this.state = state;
				updatePicker();
			}
		}

		void shutdown() {
			this.subchannel.shutdown();
		}

	}

}
