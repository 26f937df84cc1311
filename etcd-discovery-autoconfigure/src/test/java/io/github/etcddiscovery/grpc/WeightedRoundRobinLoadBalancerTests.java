package io.github.etcddiscovery.grpc;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import io.grpc.Attributes;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer.CreateSubchannelArgs;
import io.grpc.LoadBalancer.Helper;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.ResolvedAddresses;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.LoadBalancer.SubchannelStateListener;
import io.grpc.LoadBalancerRegistry;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import org.junit.jupiter.api.Test;
import org.mockito.InOrder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;

/**
 * Tests of {@link WeightedRoundRobinLoadBalancer} with connections whose states the tests
 * decide. {@code GrpcTests} has it in real channels.
 */
class WeightedRoundRobinLoadBalancerTests {

	private final Helper helper = mock(Helper.class);

	private final Map<Integer, Subchannel> subchannels = new LinkedHashMap<>();

	private final Map<Integer, SubchannelStateListener> listeners = new LinkedHashMap<>();

	private final List<ConnectivityState> states = new ArrayList<>();

	private SubchannelPicker picker;

	private final WeightedRoundRobinLoadBalancer balancer = new WeightedRoundRobinLoadBalancer(this.helper);

	WeightedRoundRobinLoadBalancerTests() {
		given(this.helper.createSubchannel(any())).willAnswer((call) -> create(call.getArgument(0)));
		willAnswer((call) -> {
			this.states.add(call.getArgument(0));
			this.picker = call.getArgument(1);
			return null;
		}).given(this.helper).updateBalancingState(any(), any());
	}

	private Subchannel create(CreateSubchannelArgs args) {
		int port = port(args.getAddresses().get(0));
		Subchannel subchannel = mock(Subchannel.class, "subchannel to " + port);
		willAnswer((call) -> this.listeners.put(port, call.getArgument(0))).given(subchannel).start(any());
		this.subchannels.put(port, subchannel);
		return subchannel;
	}

	@Test
	void connectsToEachInstanceAtOnceAndCallsWaitMeanwhile() {
		accept(group(1), group(2));
		this.subchannels.values().forEach((subchannel) -> then(subchannel).should().requestConnection());
		assertThat(this.states).containsExactly(ConnectivityState.CONNECTING);
		assertThat(pick().hasResult()).isFalse();
	}

	@Test
	void callsGoOverTheConnectionsThatAreReadyByTheirWeights() {
		accept(group(1, 3), group(2, 1), group(3, 1));
		is(1, ConnectivityState.READY);
		assertThat(picks(4)).containsExactly(1, 1, 1, 1);
		is(2, ConnectivityState.READY);
		assertThat(picks(4)).containsExactlyInAnyOrder(1, 1, 1, 2);
		assertThat(this.states).endsWith(ConnectivityState.READY);
	}

	@Test
	void instanceThatChangesItsWeightKeepsItsConnection() {
		ready(group(1), group(2));
		accept(group(1, 3), group(2));
		assertThat(picks(4)).containsExactlyInAnyOrder(1, 1, 1, 2);
		then(this.helper).should(times(2)).createSubchannel(any());
		then(this.subchannels.get(1)).should().updateAddresses(List.of(group(1, 3)));
		then(this.subchannels.get(2)).should(never()).updateAddresses(any());
	}

	@Test
	void callsGoOnWithTheNextInstanceWhenTheListIsNew() {
		ready(group(1), group(2));
		List<Integer> picks = new ArrayList<>();
		for (int i = 0; i < 10; i++) {
			accept(group(1), group(2));
			picks.addAll(picks(1));
		}
		assertThat(Collections.frequency(picks, 1)).isEqualTo(5);
	}

	@Test
	void addressWithoutAWeightCountsOnce() {
		ready(new EquivalentAddressGroup(address(1)), group(2, 2));
		assertThat(picks(3)).containsExactlyInAnyOrder(1, 2, 2);
	}

	@Test
	void instanceThatLeavesIsNotPickedAnyMoreAndItsConnectionEnds() {
		ready(group(1), group(2));
		accept(group(2));
		assertThat(picks(2)).containsExactly(2, 2);
		InOrder order = inOrder(this.helper, this.subchannels.get(1));
		order.verify(this.helper, times(4)).updateBalancingState(any(), any());
		order.verify(this.subchannels.get(1)).shutdown();
		int before = this.states.size();
		is(1, ConnectivityState.IDLE);
		assertThat(this.states).as("what becomes of it does not matter").hasSize(before);
		then(this.subchannels.get(1)).should(times(1)).requestConnection();
	}

	@Test
	void twoInstancesAtOneAddressShareAConnection() {
		accept(group(1, 5), group(1), group(2));
		then(this.helper).should(times(2)).createSubchannel(any());
		is(1, ConnectivityState.READY);
		is(2, ConnectivityState.READY);
		assertThat(picks(6)).as("the first one's weight").containsExactlyInAnyOrder(1, 1, 1, 1, 1, 2);
	}

	@Test
	void addressesOfAHostMayComeInAnyOrder() {
		accept(new EquivalentAddressGroup(List.of(address(1), address(2))));
		accept(new EquivalentAddressGroup(List.of(address(2), address(1))));
		then(this.helper).should().createSubchannel(any());
	}

	@Test
	void lostConnectionIsOpenedAgainAndNamesAreLookedUpAgain() {
		ready(group(1), group(2));
		is(1, ConnectivityState.IDLE);
		then(this.subchannels.get(1)).should(times(2)).requestConnection();
		then(this.helper).should().refreshNameResolution();
		assertThat(picks(2)).containsExactly(2, 2);
	}

	@Test
	void callsFailWithTheReasonWhenNoConnectionCanBeMadeAndNotBefore() {
		accept(group(1), group(2));
		fails(1, "refused");
		assertThat(this.states).endsWith(ConnectivityState.CONNECTING);
		fails(2, "no route");
		assertThat(this.states).endsWith(ConnectivityState.TRANSIENT_FAILURE);
		assertThat(pick().getStatus().getDescription()).isEqualTo("refused");
		then(this.helper).should(times(2)).refreshNameResolution();
	}

	@Test
	void callsDoNotWaitForEachNewTryToConnect() {
		accept(group(1));
		fails(1, "refused");
		is(1, ConnectivityState.IDLE);
		is(1, ConnectivityState.CONNECTING);
		assertThat(this.states).endsWith(ConnectivityState.TRANSIENT_FAILURE);
		is(1, ConnectivityState.READY);
		assertThat(picks(1)).containsExactly(1);
	}

	@Test
	void lastConnectionIsGivenUpWhenNoInstanceMayBeCalled() {
		ready(group(1), group(2));
		this.balancer.handleNameResolutionError(NoInstanceException.mark(unavailable("none")));
		this.subchannels.values().forEach((subchannel) -> then(subchannel).should().shutdown());
		assertThat(this.states).endsWith(ConnectivityState.TRANSIENT_FAILURE);
		assertThat(pick().getStatus()).satisfies((status) -> {
			assertThat(status.getDescription()).isEqualTo("none");
			assertThat(status.getCause()).as("the mark is for this class only").isNull();
		});
		accept(group(1));
		then(this.helper).should(times(3)).createSubchannel(any());
	}

	@Test
	void connectionsStayWhileEtcdOrDnsFails() {
		ready(group(1));
		this.balancer.handleNameResolutionError(unavailable("etcd is away"));
		assertThat(picks(1)).containsExactly(1);
		then(this.subchannels.get(1)).should(never()).shutdown();
	}

	@Test
	void failureWithACauseOfItsOwnIsNotTakenForAServiceWithoutInstances() {
		ready(group(1));
		this.balancer.handleNameResolutionError(unavailable("DNS").withCause(new IOException()));
		assertThat(picks(1)).containsExactly(1);
	}

	@Test
	void failureOfTheResolverEndsTheWaitForAFirstConnection() {
		accept(group(1));
		this.balancer.handleNameResolutionError(unavailable("etcd is away"));
		assertThat(pick().getStatus().getDescription()).isEqualTo("etcd is away");
		is(1, ConnectivityState.READY);
		assertThat(picks(1)).containsExactly(1);
	}

	@Test
	void failureOfTheResolverIsThatOfCallsAsLongAsNothingIsReady() {
		this.balancer.handleNameResolutionError(unavailable("etcd is away"));
		assertThat(this.states).containsExactly(ConnectivityState.TRANSIENT_FAILURE);
		assertThat(pick().getStatus().getDescription()).isEqualTo("etcd is away");
	}

	@Test
	void emptyListIsRefusedAndTheConnectionsStay() {
		ready(group(1));
		Status status = this.balancer
			.acceptResolvedAddresses(ResolvedAddresses.newBuilder().setAddresses(List.of()).build());
		assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
		assertThat(picks(1)).containsExactly(1);
	}

	@Test
	void shutdownEndsAllConnections() {
		ready(group(1), group(2));
		this.balancer.shutdown();
		this.subchannels.values().forEach((subchannel) -> then(subchannel).should().shutdown());
		int before = this.states.size();
		is(1, ConnectivityState.IDLE);
		assertThat(this.states).hasSize(before);
		then(this.subchannels.get(1)).should(times(1)).requestConnection();
	}

	@Test
	void healthIsCheckedWhereGrpcServicesAreOnTheClassPath() {
		given(this.helper.getSynchronizationContext()).willReturn(new SynchronizationContext((thread, ex) -> {
			throw new IllegalStateException(ex);
		}));
		assertThat(new WeightedRoundRobinLoadBalancerProvider().newLoadBalancer(this.helper))
			.isNotInstanceOf(WeightedRoundRobinLoadBalancer.class)
			.asString()
			.contains("HealthChecking");
	}

	@Test
	void grpcFindsThePolicyByItsName() {
		assertThat(LoadBalancerRegistry.getDefaultRegistry().getProvider("etcd_weighted_round_robin"))
			.isInstanceOf(WeightedRoundRobinLoadBalancerProvider.class);
	}

	private void accept(EquivalentAddressGroup... groups) {
		Status status = this.balancer
			.acceptResolvedAddresses(ResolvedAddresses.newBuilder().setAddresses(List.of(groups)).build());
		assertThat(status.isOk()).isTrue();
	}

	private void ready(EquivalentAddressGroup... groups) {
		accept(groups);
		Stream.of(groups).forEach((group) -> is(port(group), ConnectivityState.READY));
	}

	private void is(int port, ConnectivityState state) {
		this.listeners.get(port).onSubchannelState(ConnectivityStateInfo.forNonError(state));
	}

	private void fails(int port, String why) {
		this.listeners.get(port).onSubchannelState(ConnectivityStateInfo.forTransientFailure(unavailable(why)));
	}

	private static Status unavailable(String why) {
		return Status.UNAVAILABLE.withDescription(why);
	}

	private PickResult pick() {
		return this.picker.pickSubchannel(mock(PickSubchannelArgs.class));
	}

	private List<Integer> picks(int count) {
		Set<Integer> open = new HashSet<>(this.subchannels.keySet());
		return Stream.generate(this::pick)
			.limit(count)
			.map((result) -> open.stream()
				.filter((port) -> this.subchannels.get(port) == result.getSubchannel())
				.findFirst()
				.orElseThrow())
			.toList();
	}

	private static EquivalentAddressGroup group(int port) {
		return group(port, 1);
	}

	private static EquivalentAddressGroup group(int port, int weight) {
		return new EquivalentAddressGroup(List.of(address(port)),
				Attributes.newBuilder().set(AddressAttributes.WEIGHT, weight).build());
	}

	private static SocketAddress address(int port) {
		return new InetSocketAddress("127.0.0.1", port);
	}

	private static int port(EquivalentAddressGroup group) {
		return ((InetSocketAddress) group.getAddresses().get(0)).getPort();
	}

}
