package io.github.etcddiscovery.benchmarks.performance;

import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.TcpProxy;
import io.github.etcddiscovery.testsupport.TestApplications;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.loadbalancer.DefaultRequest;
import org.springframework.cloud.client.loadbalancer.LoadBalancerClient;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.client.loadbalancer.RequestData;
import org.springframework.cloud.client.loadbalancer.RequestDataContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.util.LinkedMultiValueMap;

import static org.awaitility.Awaitility.await;

/**
 * Choosing one of a thousand instances for a request, by what is configured.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Choices {

	static final int INSTANCES = 1_000;

	/** What is configured. */
	@Param
	public Way way;

	private EtcdProcess etcd;

	private final List<AutoCloseable> remotes = new ArrayList<>();

	private ConfigurableApplicationContext caller;

	private LoadBalancerClient balancer;

	private Request<RequestDataContext> request;

	/** Starts etcd, fills it, and starts an application. */
	@Setup
	public void start() {
		this.etcd = EtcdProcess.start(EtcdBinary.newest());
		try (EtcdEyes eyes = new EtcdEyes(this.etcd.endpoint())) {
			for (int i = 0; i < INSTANCES; i++) {
				eyes.put("/services/stock/" + i, """
						{"host":"127.0.0.1","port":%d,"metadata":{"zone":"%s","version":"%d"}}
						""".formatted(1 + i, (i % 2 == 0) ? "eu-1" : "eu-2", i % 100));
			}
		}
		Map<String, String> properties = new LinkedHashMap<>(Map.of("spring.application.name", "caller",
				"spring.cloud.etcd.endpoints", this.etcd.endpoint(), "spring.cloud.etcd.enabled", "true",
				"spring.cloud.etcd.discovery.register", "false", "logging.level.root", "error"));
		properties.putAll(this.way.properties);
		if (this.way == Way.REMOTES) {
			properties.putAll(startRemotes());
		}
		this.caller = TestApplications
			.run(new SpringApplicationBuilder(Source.Default.class).web(WebApplicationType.NONE), properties);
		this.balancer = this.caller.getBean(LoadBalancerClient.class);
		HttpHeaders headers = new HttpHeaders();
		headers.set("X-Version", "7");
		this.request = new DefaultRequest<>(new RequestDataContext(new RequestData(HttpMethod.GET,
				URI.create("http://stock/"), headers, new LinkedMultiValueMap<>(), Map.of())));
		await().until(() -> this.caller.getBean(DiscoveryClient.class).getInstances("stock").size() == INSTANCES);
		Objects.requireNonNull(choose());
	}

	/** Three clusters of a thousand instances, of which one hangs. */
	private Map<String, String> startRemotes() {
		EtcdProcess one = EtcdProcess.start(EtcdBinary.newest());
		EtcdProcess other = EtcdProcess.start(EtcdBinary.newest());
		TcpProxy hung = TcpProxy.to(other.endpoint());
		hung.swallow(TcpProxy.Direction.values());
		this.remotes.addAll(List.of(hung, one, other));
		Remotes.fill(one, "/services");
		Remotes.fill(other, "/services");
		return Remotes.properties(one.endpoint(), other.endpoint(), hung.endpoint());
	}

	/** Ends them. */
	@TearDown
	public void stop() throws Exception {
		this.caller.close();
		for (AutoCloseable remote : this.remotes) {
			remote.close();
		}
		this.etcd.close();
	}

	/** As blocking clients do it. */
	@Benchmark
	public ServiceInstance choose() {
		return this.balancer.choose("stock", this.request);
	}

	/**
	 * What is configured.
	 */
	public enum Way {

		/** Each in turn. */
		PLAIN("each in turn", Map.of()),

		/** Each in turn, with remote clusters. */
		REMOTES("each in turn, three remote clusters", Map.of()),

		/** Without outlier detection. */
		NOTHING_EJECTED("each in turn, `outlier.enabled=false`",
				Map.of("spring.cloud.etcd.discovery.outlier.enabled", "false")),

		/** Three configurations of Spring Cloud's. */
		COMBINED("`health-check,zone-preference,weighted`",
				Map.of("spring.cloud.loadbalancer.configurations", "health-check,zone-preference,weighted",
						"spring.cloud.loadbalancer.health-check.path.stock", "", "spring.cloud.etcd.discovery.zone",
						"eu-1")),

		/** Ten of all, by a property. */
		SELECTED("10 of 1,000 by `select`", Map.of("spring.cloud.etcd.discovery.select.stock.version", "7")),

		/** Ten of all, by a header. */
		SELECTED_BY_HEADER("10 of 1,000 by `select-headers`",
				Map.of("spring.cloud.etcd.discovery.select-headers.X-Version", "version")),

		/** One zone of two, and a share of the other. */
		ZONES("`zones` with `min-available=60%`",
				Map.of("spring.cloud.etcd.discovery.zones", "eu-1,eu-2", "spring.cloud.etcd.discovery.min-available",
						"60%")),

		/** The one with fewer calls in flight. */
		LEAST_REQUESTS("`least-requests`", Map.of("spring.cloud.loadbalancer.configurations", "least-requests"));

		private final String title;

		private final Map<String, String> properties;

		Way(String title, Map<String, String> properties) {
			this.title = title;
			this.properties = properties;
		}

		@Override
		public String toString() {
			return this.title;
		}

	}

}
