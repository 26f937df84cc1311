package io.github.etcddiscovery.grpc;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.Subscription;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.NameResolver.ResolutionResult;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.SynchronizationContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.ArgumentCaptor;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willReturn;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;

/**
 * What a channel is told while hosts are not known, which cannot be brought about on
 * purpose in earnest. Tests of {@link EtcdNameResolver} and {@link HostLookups}.
 */
@ExtendWith(OutputCaptureExtension.class)
class EtcdNameResolverTests {

	@SuppressWarnings("unchecked")
	private final ServiceView<ServiceInstance> view = mock(ServiceView.class);

	@SuppressWarnings("unchecked")
	private final Catalog<ServiceInstance> catalog = mock(Catalog.class);

	private final Subscription subscription = mock(Subscription.class);

	private final ScheduledExecutorService scheduler = mock(ScheduledExecutorService.class);

	private final List<Runnable> lookups = new ArrayList<>();

	private final Map<String, InetAddress[]> known = new HashMap<>();

	private final List<StatusOr<List<EquivalentAddressGroup>>> told = new ArrayList<>();

	private final List<ConfigOrError> configs = new ArrayList<>();

	private final NameResolver.ServiceConfigParser parser = mock(NameResolver.ServiceConfigParser.class);

	private EtcdNameResolver resolver;

	@BeforeEach
	void start() throws UnknownHostException {
		given(this.view.catalog()).willReturn(this.catalog);
		given(this.view.follows("stock")).willReturn(true);
		given(this.view.subscribe(any())).willReturn(this.subscription);
		given(this.catalog.isSynced()).willReturn(true);
		given(this.catalog.available("stock")).willReturn(instances("a", "b"));
		know("a", "10.0.0.1");
		this.resolver = restart();
	}

	private EtcdNameResolver restart() {
		SynchronizationContext context = new SynchronizationContext((thread, ex) -> {
			throw new IllegalStateException(ex);
		});
		NameResolver.Args args = NameResolver.Args.newBuilder()
			.setDefaultPort(80)
			.setProxyDetector((address) -> null)
			.setSynchronizationContext(context)
			.setServiceConfigParser(this.parser)
			.setScheduledExecutorService(this.scheduler)
			.setOffloadExecutor(this.lookups::add)
			.build();
		EtcdNameResolver started = new EtcdNameResolver(this.view, "stock", args, (host) -> {
			InetAddress literal = ServiceRecord.isAddress(host) ? InetAddress.getByName(host) : null;
			if (literal != null) {
				return new InetAddress[] { literal };
			}
			if (!this.known.containsKey(host)) {
				throw new UnknownHostException(host);
			}
			return this.known.get(host);
		});
		context.execute(() -> started.start(new Listener()));
		return started;
	}

	@Test
	void instanceWhoseHostBecomesKnownIsCalledThen() throws UnknownHostException {
		lookUp();
		assertThat(addresses()).containsExactly("/10.0.0.1:9090");
		know("b", "10.0.0.2");
		ArgumentCaptor<Runnable> retry = ArgumentCaptor.forClass(Runnable.class);
		then(this.scheduler).should()
			.schedule(retry.capture(), eq(TimeUnit.SECONDS.toNanos(10)), eq(TimeUnit.NANOSECONDS));
		retry.getValue().run();
		lookUp();
		assertThat(addresses()).containsExactly("/10.0.0.1:9090", "/10.0.0.2:9090");
	}

	@Test
	void hostThatIsNotKnownForOnceCutsNobodyOff() {
		lookUp();
		this.known.clear();
		this.resolver.refresh();
		lookUp();
		assertThat(addresses()).containsExactly("/10.0.0.1:9090");
	}

	@Test
	void hostIsLookedUpOnceAtATimeHoweverOftenThatIsAskedFor() {
		this.resolver.refresh();
		this.resolver.refresh();
		assertThat(this.lookups).as("a and b").hasSize(2);
		lookUp();
		assertThat(this.lookups).isEmpty();
		assertThat(this.told).hasSize(1);
	}

	@Test
	void slowNameHoldsUpNoNews() throws UnknownHostException {
		know("c", "10.0.0.3");
		Runnable slow = this.lookups.remove(1);
		lookUp();
		assertThat(addresses()).as("without b, which is slow").containsExactly("/10.0.0.1:9090");
		given(this.catalog.available("stock")).willReturn(instances("b", "c", "10.0.0.4"));
		tell();
		assertThat(addresses()).as("an address needs no lookup, and a has gone").containsExactly("/10.0.0.4:9090");
		lookUp();
		assertThat(addresses()).containsExactly("/10.0.0.3:9090", "/10.0.0.4:9090");
		know("b", "10.0.0.2");
		slow.run();
		assertThat(addresses()).containsExactly("/10.0.0.2:9090", "/10.0.0.3:9090", "/10.0.0.4:9090");
	}

	@Test
	void eightHostsAreLookedUpAtATime() {
		lookUp();
		given(this.catalog.available("stock"))
			.willReturn(instances(IntStream.range(0, 20).mapToObj((i) -> "h" + i).toArray(String[]::new)));
		tell();
		assertThat(this.lookups).hasSize(8);
		this.lookups.remove(0).run();
		assertThat(this.lookups).as("the next one").hasSize(8);
		lookUp();
		lookUp();
		lookUp();
		assertThat(this.lookups).isEmpty();
		assertThat(this.told.get(this.told.size() - 1).getStatus().getDescription())
			.contains("none of its instances in etcd may be called");
	}

	@Test
	void retryOfAnUnknownHostIsNotPutOffByNews() {
		lookUp();
		for (int i = 0; i < 3; i++) {
			given(this.catalog.available("stock")).willReturn(instances("a", "b", "10.0.0." + i));
			tell();
		}
		then(this.scheduler).should(times(1)).schedule(any(Runnable.class), anyLong(), any());
		assertThat(this.lookups).as("until then it is not looked up again").isEmpty();
	}

	@Test
	void nothingIsToldAfterShutdownAndTheViewIsLetGo() {
		this.resolver.shutdown();
		lookUp();
		assertThat(this.told).isEmpty();
		then(this.subscription).should().close();
	}

	@Test
	void shutdownCancelsTheLookUpThatIsPlanned() {
		ScheduledFuture<?> planned = mock(ScheduledFuture.class);
		willReturn(planned).given(this.scheduler).schedule(any(Runnable.class), anyLong(), any());
		lookUp();
		this.resolver.shutdown();
		then(planned).should().cancel(false);
	}

	@Test
	void channelWaitsThreeSecondsForTheFirstSyncAndThenFailsWithTheReason() throws UnknownHostException {
		Catalog<ServiceInstance> unread = this.catalog;
		given(unread.isSynced()).willReturn(false);
		given(this.view.failure()).willReturn("no connection");
		this.resolver.shutdown();
		this.lookups.clear();
		this.resolver = restart();
		ArgumentCaptor<Runnable> refresh = ArgumentCaptor.forClass(Runnable.class);
		then(this.scheduler).should()
			.schedule(refresh.capture(), eq(TimeUnit.SECONDS.toNanos(3)), eq(TimeUnit.NANOSECONDS));
		assertThat(this.told).isEmpty();
		refresh.getValue().run();
		assertThat(this.told.get(0).getStatus().getDescription())
			.isEqualTo("Cannot call stock: etcd has not been read yet: no connection");
		given(unread.revision("stock")).willReturn(5L);
		this.resolver.refresh();
		assertThat(this.lookups).as("nothing is known still").isEmpty();
	}

	@Test
	void serviceWhosePrefixHasBeenReadIsKnownThoughOthersHaveNot() {
		given(this.catalog.isSynced()).willReturn(false);
		given(this.catalog.revision("stock")).willReturn(5L);
		this.lookups.clear();
		this.resolver = restart();
		assertThat(this.lookups).hasSize(2);
	}

	@Test
	void hostThatStaysUnknownIsWarnedOfOnce(CapturedOutput output) {
		lookUp();
		this.resolver.refresh();
		lookUp();
		assertThat(output.toString().split("Cannot resolve 1 hosts of stock, such as b\\.", -1)).hasSize(2);
	}

	@Test
	void everyAddressOfAHostIsTold() throws UnknownHostException {
		know("a", "10.0.0.1", "2001:db8::1");
		know("b", "10.0.0.2");
		lookUp();
		assertThat(this.told.get(1).getValue()).extracting((group) -> group.getAddresses().size())
			.containsExactly(2, 1);
	}

	@Test
	void authorityIsTheService() {
		assertThat(this.resolver.getServiceAuthority()).isEqualTo("stock");
	}

	@Test
	void portOfGrpcIsTakenBeforeThatOfTheInstance() throws UnknownHostException {
		given(this.catalog.available("stock"))
			.willReturn(List.of(new DefaultServiceInstance("1", "stock", "a", 80, false, Map.of("gRPC_port", "9091"))));
		tell();
		lookUp();
		assertThat(addresses()).containsExactly("/10.0.0.1:9091");
	}

	@Test
	void attributesOfAnAddressSayWhatThePolicyMayActOn() {
		given(this.catalog.available("stock")).willReturn(List.of(EtcdServiceInstance
			.of(record("10.0.0.1", Map.of("zone", "eu-1", "subset", "blue", "weight", "5")), 1, "east"),
				new DefaultServiceInstance("2", "stock", "10.0.0.2", 80, false)));
		tell();
		assertThat(AddressAttributes.of(new EtcdServiceInstance(record("10.0.0.1", Map.of()), 1))
			.get(AddressAttributes.CLUSTER)).isEqualTo("home");
		assertThat(this.told.get(this.told.size() - 1).getValue()).satisfiesExactly((first) -> {
			assertThat(first.getAttributes().get(AddressAttributes.ZONE)).isEqualTo("eu-1");
			assertThat(first.getAttributes().get(AddressAttributes.SUBSET)).isEqualTo("blue");
			assertThat(first.getAttributes().get(AddressAttributes.WEIGHT)).isEqualTo(5);
			assertThat(first.getAttributes().get(AddressAttributes.CLUSTER)).isEqualTo("east");
		}, (second) -> {
			assertThat(second.getAttributes())
				.isEqualTo(Attributes.newBuilder().set(AddressAttributes.WEIGHT, 1).build());
		});
	}

	@Test
	void changeOfAWeightIsTold() {
		for (String weight : List.of("1", "2", "2")) {
			given(this.catalog.available("stock"))
				.willReturn(List.of(new EtcdServiceInstance(record("10.0.0.1", Map.of("weight", weight)), 1)));
			tell();
		}
		assertThat(this.told.stream().filter(StatusOr::hasValue)).hasSize(2);
	}

	@Test
	void publishedServiceConfigIsToldWithTheAddressesWhenItChanges() {
		ConfigOrError config = ConfigOrError.fromConfig("config");
		given(this.parser.parseServiceConfig(Map.of("a", 1.0))).willReturn(config);
		for (Map<String, String> metadata : List.of(Map.<String, String>of(),
				Map.of("gRPC_service_config", "{\"a\":1}"), Map.of("gRPC_service_config", "{\"a\":1}"),
				Map.<String, String>of())) {
			given(this.catalog.available("stock"))
				.willReturn(List.of(new EtcdServiceInstance(record("10.0.0.1", metadata), 1)));
			tell();
		}
		assertThat(this.configs).containsExactly(null, config, null);
	}

	@Test
	void onlyAServiceWithoutInstancesIsMarkedAsSuch() {
		this.known.clear();
		lookUp();
		assertThat(NoInstanceException.isMarked(this.told.get(0).getStatus())).as("names that are not known").isFalse();
		given(this.catalog.available("stock")).willReturn(List.of());
		tell();
		assertThat(NoInstanceException.isMarked(this.told.get(1).getStatus())).isTrue();
	}

	@Test
	void lastInstanceThatLeavesIsToldThoughAnotherHostIsStillLookedUp() {
		Runnable slow = this.lookups.remove(1);
		lookUp();
		given(this.catalog.available("stock")).willReturn(List.of());
		tell();
		assertThat(NoInstanceException.isMarked(this.told.get(this.told.size() - 1).getStatus())).isTrue();
		slow.run();
	}

	@Test
	void lastInstanceThatLeavesIsMarkedAsSuch() {
		lookUp();
		assertThat(addresses()).isNotEmpty();
		given(this.catalog.available("stock")).willReturn(List.of());
		tell();
		assertThat(NoInstanceException.isMarked(this.told.get(this.told.size() - 1).getStatus())).isTrue();
	}

	private static ServiceRecord record(String host, Map<String, String> metadata) {
		return new ServiceRecord(new InstanceKey("stock", "1"), host, 80, false, InstanceStatus.UP, metadata);
	}

	@Test
	void listThatHasNotChangedIsNotLookedUpAgain() {
		lookUp();
		tell();
		assertThat(this.lookups).isEmpty();
	}

	@Test
	void serviceWithoutInstancesFailsWithTheReason() {
		lookUp();
		given(this.catalog.available("stock")).willReturn(List.of());
		tell();
		lookUp();
		assertThat(this.told.get(1).getStatus().getDescription())
			.isEqualTo("Cannot call stock: none of its instances in etcd may be called");
		given(this.view.follows("stock")).willReturn(false);
		this.resolver.refresh();
		lookUp();
		assertThat(this.told.get(2).getStatus().getDescription()).isEqualTo(
				"Cannot call stock: expected it among spring.cloud.etcd.discovery.services, which says what to follow");
	}

	private static List<ServiceInstance> instances(String... hosts) {
		return Stream.of(hosts)
			.<ServiceInstance>map((host) -> new DefaultServiceInstance(host, "stock", host, 9090, false))
			.toList();
	}

	/** The view tells of a change. */
	@SuppressWarnings("unchecked")
	private void tell() {
		ArgumentCaptor<Consumer<Catalog<ServiceInstance>>> listener = ArgumentCaptor.forClass(Consumer.class);
		then(this.view).should().subscribe(listener.capture());
		listener.getValue().accept(this.catalog);
	}

	private void know(String host, String... addresses) throws UnknownHostException {
		InetAddress[] found = new InetAddress[addresses.length];
		for (int i = 0; i < addresses.length; i++) {
			found[i] = InetAddress.getByName(addresses[i]);
		}
		this.known.put(host, found);
	}

	@Test
	void targetsWithoutASchemeAreNotResolvedByEtcd() {
		assertThat(NameResolverRegistry.getDefaultRegistry().asFactory().getDefaultScheme()).isEqualTo("dns");
	}

	@Test
	void instancesThatComeBackAreToldAgain() {
		lookUp();
		for (String[] hosts : new String[][] { { "10.0.0.7" }, {}, { "10.0.0.7" } }) {
			given(this.catalog.available("stock")).willReturn(instances(hosts));
			tell();
			assertThat(this.told.get(this.told.size() - 1).hasValue()).isEqualTo(hosts.length > 0);
		}
		assertThat(addresses()).containsExactly("/10.0.0.7:9090");
	}

	@Test
	void lookupThatThrowsIsOneThatFails() {
		this.known.put("a", null);
		this.resolver.shutdown();
		this.lookups.clear();
		this.resolver = restart();
		lookUp();
		assertThat(this.told.get(this.told.size() - 1).getStatus().getDescription())
			.contains("none of its instances in etcd may be called");
	}

	/** All lookups that are under way end. */
	private void lookUp() {
		List<Runnable> underWay = List.copyOf(this.lookups);
		this.lookups.clear();
		underWay.forEach(Runnable::run);
	}

	private List<String> addresses() {
		return this.told.get(this.told.size() - 1)
			.getValue()
			.stream()
			.map((group) -> group.getAddresses().get(0).toString())
			.toList();
	}

	/** Remembers what it is told. */
	private final class Listener extends NameResolver.Listener2 {

		@Override
		public void onResult(ResolutionResult result) {
			EtcdNameResolverTests.this.told.add(result.getAddressesOrError());
			if (result.getAddressesOrError().hasValue()) {
				EtcdNameResolverTests.this.configs.add(result.getServiceConfig());
			}
		}

		@Override
		public void onError(Status error) {
			throw error.asRuntimeException();
		}

	}

}
