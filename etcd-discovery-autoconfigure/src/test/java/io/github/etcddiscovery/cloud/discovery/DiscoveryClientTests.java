package io.github.etcddiscovery.cloud.discovery;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.cloud.loadbalancer.EtcdServiceInstanceListSupplier;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.Subscription;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.ArgumentCaptor;
import reactor.core.Disposable;
import reactor.test.StepVerifier;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;

/**
 * Tests of {@link EtcdDiscoveryClient}, {@link EtcdReactiveDiscoveryClient},
 * {@link LiveInstances} and {@link EtcdServiceInstanceListSupplier}.
 */
@ExtendWith(OutputCaptureExtension.class)
class DiscoveryClientTests {

	private static final ServiceInstance A = new DefaultServiceInstance("a", "stock", "h", 1, false);

	private static final ServiceInstance B = new DefaultServiceInstance("b", "stock", "h", 2, false);

	@SuppressWarnings("unchecked")
	private final ServiceView<ServiceInstance> view = mock(ServiceView.class);

	private final Subscription subscription = mock(Subscription.class);

	private final EtcdDiscoveryClient blocking = new EtcdDiscoveryClient(this.view, 7);

	private final EtcdReactiveDiscoveryClient reactive = new EtcdReactiveDiscoveryClient(this.view, 8);

	@BeforeEach
	void view() {
		given(this.view.subscribe(any())).willReturn(this.subscription);
		seen(true, A);
	}

	private Catalog<ServiceInstance> seen(boolean synced, ServiceInstance... instances) {
		@SuppressWarnings("unchecked")
		Catalog<ServiceInstance> catalog = mock(Catalog.class);
		given(catalog.isSynced()).willReturn(synced);
		given(catalog.services()).willReturn(List.of("stock"));
		given(catalog.available("stock")).willReturn(List.of(instances));
		given(this.view.catalog()).willReturn(catalog);
		return catalog;
	}

	@Test
	void bothClientsAnswerFromTheViewInTheirOrder() {
		assertThat(this.blocking.getInstances("stock")).containsExactly(A);
		assertThat(this.blocking.getServices()).containsExactly("stock");
		assertThat(this.blocking.getOrder()).isEqualTo(7);
		assertThat(this.blocking.description()).isEqualTo("etcd Discovery Client");
		assertThat(this.reactive.getInstances("stock").collectList().block()).containsExactly(A);
		assertThat(this.reactive.getServices().collectList().block()).containsExactly("stock");
		assertThat(this.reactive.getOrder()).isEqualTo(8);
		assertThat(this.reactive.description()).isEqualTo("etcd Reactive Discovery Client");
	}

	@Test
	void reactiveClientLooksAtEachSubscription() {
		var instances = this.reactive.getInstances("stock");
		var services = this.reactive.getServices();
		Catalog<ServiceInstance> later = seen(true, B);
		given(later.services()).willReturn(List.of("later"));
		assertThat(instances.collectList().block()).containsExactly(B);
		assertThat(services.collectList().block()).containsExactly("later");
	}

	@Test
	void whetherAServiceIsKnownIsToldUntilTheSubscriberCancels() {
		given(this.view.catalog().contains("stock")).willReturn(true);
		List<Boolean> known = new ArrayList<>();
		Disposable subscriber = LiveInstances.known(this.view, "stock").subscribe(known::add);
		assertThat(known).containsExactly(true);
		then(this.subscription).should(never()).close();
		subscriber.dispose();
		then(this.subscription).should().close();
	}

	@Test
	void lookUpBeforeTheFirstSyncIsWarnedOfOnceByEachClient(CapturedOutput output) {
		seen(false);
		this.blocking.getInstances("stock");
		this.blocking.getInstances("stock");
		assertThat(output.toString().split("No instances of stock are known yet", -1)).hasSize(2);
		this.reactive.getInstances("stock").collectList().block();
		this.reactive.getInstances("stock").collectList().block();
		assertThat(output.toString().split("No instances of stock are known yet", -1)).hasSize(3);
	}

	@Test
	void lookUpAfterTheFirstSyncIsNotWarnedOf(CapturedOutput output) {
		seen(true);
		assertThat(this.blocking.getInstances("stock")).isEmpty();
		assertThat(this.reactive.getInstances("stock").collectList().block()).isEmpty();
		assertThat(output).isEmpty();
	}

	@Test
	void probeAsksEtcdAndReportsWhyItFails() {
		given(this.view.probe()).willReturn(CompletableFuture.completedFuture(null));
		this.blocking.probe();
		StepVerifier.create(this.reactive.reactiveProbe()).verifyComplete();
		EtcdException failure = new EtcdException(Reason.PERMISSION_DENIED, "denied", null);
		given(this.view.probe()).willReturn(CompletableFuture.failedFuture(failure));
		assertThatExceptionOfType(EtcdException.class).isThrownBy(this.blocking::probe).isSameAs(failure);
		StepVerifier.create(this.reactive.reactiveProbe()).verifyErrorMatches((error) -> error == failure);
	}

	@Test
	void followerGetsTheListOfNowAndThenEachChange() {
		List<List<ServiceInstance>> lists = new ArrayList<>();
		Disposable following = this.reactive.watchInstances("stock").subscribe(lists::add);
		tell(seen(true, A, B));
		tell(seen(true, A, B));
		tell(seen(true, B));
		assertThat(lists).containsExactly(List.of(A), List.of(A, B), List.of(B));
		then(this.subscription).should(never()).close();
		following.dispose();
		then(this.subscription).should().close();
	}

	@Test
	void replacedInstanceIsAChangeThoughItIsEqual() {
		List<List<ServiceInstance>> lists = new ArrayList<>();
		this.reactive.watchInstances("stock").subscribe(lists::add);
		tell(seen(true, new DefaultServiceInstance("a", "stock", "h", 1, false)));
		assertThat(lists).hasSize(2);
	}

	@Test
	void onlyTheFirstListIsTakenWithoutSubscribingToTheView() {
		EtcdServiceInstanceListSupplier supplier = new EtcdServiceInstanceListSupplier(this.view, "stock");
		assertThat(supplier.getServiceId()).isEqualTo("stock");
		assertThat(supplier.get().next().block()).containsExactly(A);
		then(this.view).should(never()).subscribe(any());
	}

	@SuppressWarnings("unchecked")
	private void tell(Catalog<ServiceInstance> catalog) {
		ArgumentCaptor<Consumer<Catalog<ServiceInstance>>> listener = ArgumentCaptor.forClass(Consumer.class);
		then(this.view).should().subscribe(listener.capture());
		listener.getValue().accept(catalog);
	}

}
