package io.github.etcddiscovery.cloud.loadbalancer;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.LoadBalancerProperties;
import org.springframework.cloud.client.loadbalancer.reactive.ReactiveLoadBalancer;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link HealthCheckedInstanceListSupplier} with a probe that answers what the
 * test says, in virtual time.
 */
class HealthChecksTests {

	private static final Duration INTERVAL = Duration.ofSeconds(10);

	private static final ServiceInstance A = instance("a", false);

	private static final ServiceInstance B = instance("b", false);

	private final Sinks.Many<List<ServiceInstance>> instances = Sinks.many().replay().latest();

	private final LoadBalancerProperties properties = new LoadBalancerProperties();

	private final Map<String, Mono<Boolean>> answers = new HashMap<>();

	private final List<URI> asked = new ArrayList<>();

	private final List<List<ServiceInstance>> supplied = new ArrayList<>();

	private VirtualTimeScheduler time;

	private HealthCheckedInstanceListSupplier supplier;

	@BeforeEach
	void virtualTime() {
		this.time = VirtualTimeScheduler.getOrSet();
		this.properties.getHealthCheck().setInterval(INTERVAL);
		this.properties.getHealthCheck().setInitialDelay(Duration.ZERO);
	}

	@AfterEach
	void realTime() throws Exception {
		this.supplier.destroy();
		VirtualTimeScheduler.reset();
	}

	private static ServiceInstance instance(String host, boolean secure) {
		return new DefaultServiceInstance(host, "stock", host, 80, secure);
	}

	private void start(ServiceInstance... current) throws Exception {
		ServiceInstanceListSupplier delegate = mock(ServiceInstanceListSupplier.class);
		given(delegate.getServiceId()).willReturn("stock");
		given(delegate.get()).willReturn(this.instances.asFlux());
		@SuppressWarnings("unchecked")
		ReactiveLoadBalancer.Factory<ServiceInstance> factory = mock(ReactiveLoadBalancer.Factory.class);
		given(factory.getProperties("stock")).willReturn(this.properties);
		this.supplier = new HealthCheckedInstanceListSupplier(delegate, factory, (uri) -> {
			this.asked.add(uri);
			return this.answers.getOrDefault(uri.getHost(), Mono.just(true));
		});
		this.supplier.afterPropertiesSet();
		this.supplier.get().subscribe(this.supplied::add);
		change(current);
		advance(HealthCheckedInstanceListSupplier.PACE);
	}

	private void change(ServiceInstance... current) {
		this.instances.tryEmitNext(List.of(current));
	}

	/** What is found meanwhile is supplied, too. */
	private void advance(Duration duration) {
		this.time.advanceTimeBy(duration);
		this.time.advanceTimeBy(HealthCheckedInstanceListSupplier.PACE);
	}

	private List<ServiceInstance> last() {
		return this.supplied.get(this.supplied.size() - 1);
	}

	@Test
	void instanceIsAskedOverItsOwnScheme() throws Exception {
		start(A, instance("tls", true));
		assertThat(this.asked).extracting(URI::toString)
			.containsExactlyInAnyOrder("http://a:80/actuator/health", "https://tls:80/actuator/health");
	}

	@Test
	void pathAndPortOfTheServiceAreUsed() throws Exception {
		this.properties.getHealthCheck().getPath().put("stock", "well");
		this.properties.getHealthCheck().setPort(8081);
		start(A);
		assertThat(this.asked).extracting(URI::toString).containsExactly("http://a:8081/well");
	}

	@Test
	void defaultPathIsUsedForServicesWithoutOne() throws Exception {
		this.properties.getHealthCheck().getPath().put("default", "/up");
		start(A);
		assertThat(this.asked).extracting(URI::getPath).containsExactly("/up");
	}

	@Test
	void serviceWithABlankPathIsNotAsked() throws Exception {
		this.properties.getHealthCheck().getPath().put("stock", " ");
		start(A);
		assertThat(this.asked).isEmpty();
		assertThat(last()).containsExactly(A);
	}

	@Test
	void onlyWellInstancesAreSuppliedAndChecksGoOn() throws Exception {
		this.answers.put("b", Mono.just(false));
		start(A, B);
		assertThat(last()).containsExactly(A);
		this.answers.put("b", Mono.just(true));
		advance(INTERVAL);
		assertThat(last()).containsExactly(A, B);
		assertThat(this.asked).hasSize(4);
	}

	@Test
	void probeThatFailsCountsAsNotWell() throws Exception {
		this.answers.put("b", Mono.error(new IllegalStateException("thrown on purpose")));
		start(A, B);
		assertThat(last()).containsExactly(A);
	}

	@Test
	void instanceThatDoesNotAnswerIsNotWellAfterTheInterval() throws Exception {
		this.answers.put("b", Mono.never());
		start(A, B);
		assertThat(last()).containsExactly(A);
		this.answers.put("a", Mono.just(false));
		advance(INTERVAL);
		assertThat(last()).as("neither is well, and nothing is unknown").isEmpty();
	}

	@Test
	void withoutRepeatingEachInstanceIsAskedOnce() throws Exception {
		this.properties.getHealthCheck().setRepeatHealthCheck(false);
		start(A);
		advance(INTERVAL.multipliedBy(5));
		assertThat(this.asked).hasSize(1);
		change(A, B);
		advance(Duration.ZERO);
		assertThat(this.asked).hasSize(2);
		assertThat(last()).containsExactly(A, B);
	}

	@Test
	void firstListWaitsForTheFirstAnswer() throws Exception {
		this.answers.put("a", Mono.delay(Duration.ofSeconds(2)).thenReturn(true));
		start(A);
		assertThat(this.supplied).isEmpty();
		advance(Duration.ofSeconds(2));
		assertThat(last()).containsExactly(A);
	}

	@Test
	void changeKeepsWhatIsKnownAndCostsOneCheck() throws Exception {
		start(A);
		change(A, B);
		assertThat(this.asked).extracting(URI::getHost).containsExactly("a", "b");
		change(B);
		assertThat(last()).containsExactly(B);
		advance(INTERVAL);
		assertThat(this.asked).extracting(URI::getHost).as("nobody asks who has gone").containsExactly("a", "b", "b");
	}

	@Test
	void stoppedChecksLeaveWhatTheyFound() throws Exception {
		start(A);
		this.supplier.stop();
		advance(INTERVAL.multipliedBy(3));
		assertThat(this.asked).hasSize(1);
		change(A, B);
		assertThat(this.asked).as("nobody new is asked").hasSize(1);
		assertThat(last()).containsExactly(A);
	}

	@Test
	void initialDelayComesBeforeTheFirstCheck() throws Exception {
		this.properties.getHealthCheck().setInitialDelay(Duration.ofSeconds(3));
		start(A);
		assertThat(this.asked).isEmpty();
		advance(Duration.ofSeconds(3));
		assertThat(this.asked).hasSize(1);
	}

}
