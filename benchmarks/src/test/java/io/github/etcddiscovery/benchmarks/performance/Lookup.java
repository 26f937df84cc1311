package io.github.etcddiscovery.benchmarks.performance;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import reactor.core.publisher.Mono;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.loadbalancer.LoadBalancerClient;
import org.springframework.cloud.client.loadbalancer.reactive.ReactiveLoadBalancer;
import org.springframework.cloud.loadbalancer.support.LoadBalancerClientFactory;

/**
 * What callers do for every request.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Lookup {

	/** Where the instances come from. */
	@Param({ "STARTER", "SIMPLE", "STATIC", "STATIC_BEAN", "ZOOKEEPER", "EUREKA" })
	public Source source;

	/** How many instances the service has. */
	@Param({ "3", "1000" })
	public int instances;

	private Source.Application application;

	private DiscoveryClient discovery;

	private LoadBalancerClient balancer;

	private ReactiveLoadBalancer<ServiceInstance> reactiveBalancer;

	/** Starts an application, and what it finds its instances in. */
	@Setup
	public void start() throws Exception {
		this.application = this.source.start(this.instances);
		this.discovery = this.application.context().getBean(DiscoveryClient.class);
		this.balancer = this.application.context().getBean(LoadBalancerClient.class);
		this.reactiveBalancer = Objects.requireNonNull(
				this.application.context().getBean(LoadBalancerClientFactory.class).getInstance(Source.SERVICE));
		Objects.requireNonNull(chooseBlocking());
		Objects.requireNonNull(chooseReactive());
	}

	/** Ends them. */
	@TearDown
	public void stop() throws Exception {
		this.application.close();
	}

	/** The instances of a service, by Spring Cloud's composite client. */
	@Benchmark
	public List<ServiceInstance> getInstances() {
		return this.discovery.getInstances(Source.SERVICE);
	}

	/** As RestTemplate and RestClient do it. */
	@Benchmark
	public ServiceInstance chooseBlocking() {
		return this.balancer.choose(Source.SERVICE);
	}

	/** As WebClient does it. */
	@Benchmark
	public ServiceInstance chooseReactive() {
		return Objects.requireNonNull(Mono.from(this.reactiveBalancer.choose()).block()).getServer();
	}

}
