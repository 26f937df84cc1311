package io.github.etcddiscovery.cloud.discovery;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.Subscription;
import org.junit.jupiter.api.Test;

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
 * Tests of {@link AwaitedInstances}.
 */
class MissingInstancesTests {

	private static final ServiceInstance A = new DefaultServiceInstance("a", "stock", "h", 1, false);

	@SuppressWarnings("unchecked")
	private final ServiceView<ServiceInstance> view = mock(ServiceView.class);

	private final Subscription subscription = mock(Subscription.class);

	private final AwaitedInstances two = new AwaitedInstances(Map.of("stock", 2), Duration.ofMillis(50));

	private Catalog<ServiceInstance> see(int instances, String... services) {
		@SuppressWarnings("unchecked")
		Catalog<ServiceInstance> catalog = mock(Catalog.class);
		given(catalog.available("stock")).willReturn(Collections.nCopies(instances, A));
		given(catalog.services()).willReturn(Arrays.asList(services));
		given(this.view.catalog()).willReturn(catalog);
		return catalog;
	}

	@Test
	void enoughInstancesAreNotWaitedFor() {
		see(2);
		this.two.await(this.view);
		new AwaitedInstances(Map.of(), Duration.ofMillis(50)).await(this.view);
		then(this.view).should(never()).subscribe(any());
	}

	@Test
	void instancesThatComeEndTheWaiting() {
		see(1);
		given(this.view.subscribe(any())).willAnswer((invocation) -> {
			Consumer<Catalog<ServiceInstance>> subscriber = invocation.getArgument(0);
			subscriber.accept(see(1));
			subscriber.accept(see(2));
			return this.subscription;
		});
		new AwaitedInstances(Map.of("stock", 2), Duration.ofMinutes(1)).await(this.view);
		then(this.subscription).should().close();
	}

	@Test
	void messageSaysWhatIsMissingAndWhatIsThere() {
		see(1, "orders", "stock");
		given(this.view.subscribe(any())).willReturn(this.subscription);
		assertThatExceptionOfType(InstancesMissingException.class).isThrownBy(() -> this.two.await(this.view))
			.withMessage("Missing after 50 ms: stock (1 of 2 instances); services seen are [orders, stock]");
		then(this.subscription).should().close();
	}

	@Test
	void messageStaysReadable() {
		see(0, IntStream.range(0, 30).mapToObj(String::valueOf).toArray(String[]::new));
		given(this.view.subscribe(any())).willReturn(this.subscription);
		assertThatExceptionOfType(InstancesMissingException.class).isThrownBy(() -> this.two.await(this.view))
			.withMessageEndingWith("services seen are " + IntStream.range(0, 20).mapToObj(String::valueOf).toList());
	}

	@Test
	void closedApplicationIsNotWaitedForAnyLonger() {
		see(0);
		given(this.view.subscribe(any())).willReturn(this.subscription);
		Thread.currentThread().interrupt();
		assertThatExceptionOfType(InstancesMissingException.class).isThrownBy(() -> this.two.await(this.view))
			.withMessage("Interrupted while waiting for stock (0 of 2 instances)");
		assertThat(Thread.interrupted()).as("still interrupted").isTrue();
	}

	@Test
	void servicesAreNamedInOrder() {
		see(0);
		given(this.view.subscribe(any())).willReturn(this.subscription);
		given(this.view.catalog().available(any())).willReturn(List.of());
		assertThatExceptionOfType(InstancesMissingException.class).isThrownBy(
				() -> new AwaitedInstances(Map.of("stock", 1, "billing", 2), Duration.ofMillis(50)).await(this.view))
			.withMessageContaining("billing (0 of 2 instances), stock (0 of 1 instances)");
	}

}
