package io.github.etcddiscovery.grpc;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Stream;

import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolver.ResolutionResult;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.SynchronizationContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;

import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.mock;

/**
 * What a channel is told while hosts are not known, which cannot be brought about on
 * purpose in earnest.
 */
class EtcdNameResolverTests {

	@SuppressWarnings("unchecked")
	private final ServiceView<ServiceInstance> view = mock(ServiceView.class);

	@SuppressWarnings("unchecked")
	private final Catalog<ServiceInstance> catalog = mock(Catalog.class);

	private final ScheduledExecutorService scheduler = mock(ScheduledExecutorService.class);

	private final List<Runnable> lookups = new ArrayList<>();

	private final Map<String, InetAddress> known = new HashMap<>();

	private final List<StatusOr<List<EquivalentAddressGroup>>> told = new ArrayList<>();

	private EtcdNameResolver resolver;

	@BeforeEach
	void start() throws UnknownHostException {
		given(this.view.catalog()).willReturn(this.catalog);
		given(this.view.follows("stock")).willReturn(true);
		given(this.view.subscribe(any())).willReturn(() -> {
		});
		given(this.catalog.isSynced()).willReturn(true);
		given(this.catalog.available("stock")).willReturn(Stream.of("a", "b")
			.<ServiceInstance>map((host) -> new DefaultServiceInstance(host, "stock", host, 9090, false))
			.toList());
		this.known.put("a", InetAddress.getByName("10.0.0.1"));
		SynchronizationContext context = new SynchronizationContext((thread, ex) -> {
			throw new IllegalStateException(ex);
		});
		NameResolver.Args args = NameResolver.Args.newBuilder()
			.setDefaultPort(80)
			.setProxyDetector((address) -> null)
			.setSynchronizationContext(context)
			.setServiceConfigParser(mock(NameResolver.ServiceConfigParser.class))
			.setScheduledExecutorService(this.scheduler)
			.setOffloadExecutor(this.lookups::add)
			.build();
		this.resolver = new EtcdNameResolver(this.view, "stock", args, (host) -> {
			if (!this.known.containsKey(host)) {
				throw new UnknownHostException(host);
			}
			return new InetAddress[] { this.known.get(host) };
		});
		context.execute(() -> this.resolver.start(new Listener()));
	}

	@Test
	void instanceWhoseHostBecomesKnownIsCalledThen() throws UnknownHostException {
		lookUp();
		assertThat(addresses()).containsExactly("/10.0.0.1:9090");
		this.known.put("b", InetAddress.getByName("10.0.0.2"));
		ArgumentCaptor<Runnable> retry = ArgumentCaptor.forClass(Runnable.class);
		then(this.scheduler).should().schedule(retry.capture(), anyLong(), any());
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
	void hostsAreLookedUpOnceAtATimeHoweverOftenThatIsAskedFor() {
		this.resolver.refresh();
		this.resolver.refresh();
		assertThat(this.lookups).hasSize(1);
		lookUp();
		assertThat(this.lookups).as("once more").hasSize(1);
		lookUp();
		assertThat(this.lookups).isEmpty();
		assertThat(this.told).hasSize(1);
	}

	@Test
	void nothingIsToldAfterShutdown() {
		this.resolver.shutdown();
		lookUp();
		assertThat(this.told).isEmpty();
	}

	@Test
	void targetsWithoutASchemeAreNotResolvedByEtcd() {
		assertThat(NameResolverRegistry.getDefaultRegistry().asFactory().getDefaultScheme()).isEqualTo("dns");
	}

	private void lookUp() {
		this.lookups.remove(0).run();
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
		}

		@Override
		public void onError(Status error) {
			throw error.asRuntimeException();
		}

	}

}
