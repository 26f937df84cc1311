package io.github.etcddiscovery.cloud.loadbalancer;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.discovery.EtcdDiscoveryClient;
import io.github.etcddiscovery.cloud.discovery.EtcdReactiveDiscoveryClient;
import io.github.etcddiscovery.instance.PlainText;
import io.github.etcddiscovery.support.LimitedLog;
import io.github.etcddiscovery.view.CatalogSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.discovery.ReactiveDiscoveryClient;
import org.springframework.cloud.client.discovery.composite.CompositeDiscoveryClient;
import org.springframework.cloud.client.discovery.composite.reactive.ReactiveCompositeDiscoveryClient;
import org.springframework.cloud.loadbalancer.cache.LoadBalancerCacheProperties;
import org.springframework.cloud.loadbalancer.core.DiscoveryClientServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.context.ApplicationContext;

/**
 * Supplies the instances of one service that the application's other discovery clients
 * know, for example those of Eureka. Reactive clients are asked first, in their order,
 * then blocking ones, until one knows the service. As these clients do not report
 * changes, instances are kept for {@code spring.cloud.loadbalancer.cache.ttl}. An empty
 * answer is not kept. A client that fails, or takes longer than
 * {@code spring.cloud.loadbalancer.service-discovery.timeout}, counts as not knowing the
 * service.
 */
@Internal
public final class OtherRegistries implements ServiceInstanceListSupplier {

	private static final Logger logger = LoggerFactory.getLogger(OtherRegistries.class);

	/** Spring Cloud's default. */
	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	/** The longest reason in the log, in characters. */
	private static final int LONGEST = 200;

	private final String serviceId;

	private final Duration ttl;

	private final Mono<List<ServiceInstance>> instances;

	/** How many instances were found last. */
	private volatile int size;

	private OtherRegistries(String serviceId, Duration ttl, Mono<List<ServiceInstance>> found) {
		this.serviceId = serviceId;
		this.ttl = ttl;
		this.instances = found.doOnNext((list) -> this.size = list.size())
			.cache((list) -> list.isEmpty() ? Duration.ZERO : ttl, (failure) -> Duration.ZERO, () -> Duration.ZERO);
	}

	/**
	 * Finds the other discovery clients.
	 * @param serviceId the service
	 * @param context the load balancer's context of the service
	 * @param view the clients that read from this view are not asked
	 * @return the instances that the other clients know, {@code null} if there is no
	 * other client
	 */
	public static @Nullable OtherRegistries find(String serviceId, ApplicationContext context,
			CatalogSource<ServiceInstance> view) {
		Binder properties = Binder.get(context.getEnvironment());
		Duration timeout = properties
			.bind(DiscoveryClientServiceInstanceListSupplier.SERVICE_DISCOVERY_TIMEOUT, Duration.class)
			.orElse(TIMEOUT);
		LimitedLog log = new LimitedLog(logger, System::nanoTime);
		Stream<Mono<List<ServiceInstance>>> reactive = context.getBeanProvider(ReactiveDiscoveryClient.class)
			.orderedStream()
			.filter((client) -> !(client instanceof ReactiveCompositeDiscoveryClient)
					&& !(client instanceof EtcdReactiveDiscoveryClient ours && ours.reads(view)))
			.map((client) -> answer(Flux.defer(() -> client.getInstances(serviceId)).collectList(), timeout,
					client.description(), serviceId, log));
		Stream<Mono<List<ServiceInstance>>> blocking = context.getBeanProvider(DiscoveryClient.class)
			.orderedStream()
			.filter((client) -> !(client instanceof CompositeDiscoveryClient)
					&& !(client instanceof EtcdDiscoveryClient ours && ours.reads(view)))
			.map((client) -> answer(
					Mono.fromCallable(() -> client.getInstances(serviceId)).subscribeOn(Schedulers.boundedElastic()),
					timeout, client.description(), serviceId, log));
		List<Mono<List<ServiceInstance>>> answers = Stream.concat(reactive, blocking).toList();
		if (answers.isEmpty()) {
			return null;
		}
		Mono<List<ServiceInstance>> found = Flux.concat(answers)
			.filter((instances) -> !instances.isEmpty())
			.next()
			.defaultIfEmpty(List.of());
		Duration ttl = properties.bindOrCreate("spring.cloud.loadbalancer.cache", LoadBalancerCacheProperties.class)
			.getTtl();
		return new OtherRegistries(serviceId, ttl, found);
	}

	/**
	 * Bounds the time of an answer outside the thread that waits for it. Spring Cloud's
	 * own supplier waits for a blocking client that does not return.
	 */
	private static Mono<List<ServiceInstance>> answer(Mono<List<ServiceInstance>> instances, Duration timeout,
			String client, String serviceId, LimitedLog log) {
		return instances.timeout(timeout).onErrorResume((failure) -> {
			log.log(Level.WARN, serviceId, client, () -> "%s does not tell the instances of %s, so others are asked: %s"
				.formatted(client, serviceId, PlainText.of(failure.toString(), LONGEST)));
			return Mono.just(List.of());
		});
	}

	@Override
	public String getServiceId() {
		return this.serviceId;
	}

	/**
	 * Returns what the other clients know.
	 * @return one list; empty if nobody knows the service
	 */
	@Override
	public Flux<List<ServiceInstance>> get() {
		return this.instances.flux();
	}

	int size() {
		return this.size;
	}

	/**
	 * Asks the other clients again and again.
	 * @return the lists, each of which differs from the one before
	 */
	Flux<List<ServiceInstance>> polled() {
		return this.instances.repeatWhen((answers) -> answers.delayElements(this.ttl)).distinctUntilChanged();
	}

}
