package io.github.etcddiscovery.benchmarks.performance;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

import com.google.protobuf.ByteString;
import com.ibm.etcd.client.utils.RangeCache;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.WatchOption;
import io.github.etcddiscovery.instance.InstanceFormat;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.testsupport.TestApplications;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.loadbalancer.LoadBalancerClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static io.github.etcddiscovery.testsupport.EtcdEyes.bytes;

/**
 * A process that follows what is in etcd, and says when it sees what, in lines of its
 * output: {@code reading} once it has read all, then the time in nanoseconds since 1970
 * and the value whenever the entry looked for has changed, no value once it has gone.
 * This starter adds lines that begin with {@code chosen} when a load balancer chooses it.
 * A line of input asks how many entries it has decoded.
 */
final class Following {

	private static final AtomicLong decoded = new AtomicLong();

	private Following() {
	}

	public static void main(String[] args) throws Exception {
		Kind kind = Kind.valueOf(args[0]);
		String endpoint = args[1];
		switch (kind) {
			case RAW_WATCH -> rawWatch(endpoint, kind);
			case RANGE_CACHE -> rangeCache(endpoint, kind);
			case STARTER -> starter(endpoint, kind);
			case GO_KIT -> throw new IllegalArgumentException("That is a program in Go");
		}
		System.out.println("reading");
		while (System.in.read() >= 0) {
			System.out.println("decoded " + decoded.get());
		}
	}

	private static void rawWatch(String endpoint, Kind kind) throws Exception {
		Client client = Client.builder().endpoints(endpoint).build();
		long revision = client.getKVClient()
			.get(bytes(kind.prefix()), GetOption.builder().isPrefix(true).withCountOnly(true).build())
			.get()
			.getHeader()
			.getRevision();
		String probe = kind.probe();
		WatchOption options = WatchOption.builder().isPrefix(true).withRevision(revision + 1).build();
		client.getWatchClient()
			.watch(bytes(kind.prefix()), options, Watch.listener((response) -> response.getEvents().forEach((event) -> {
				if (event.getKeyValue().getKey().toString().equals(probe)) {
					saw(event.getKeyValue().getValue().toString());
				}
			})));
	}

	private static void rangeCache(String endpoint, Kind kind) throws Exception {
		URI address = URI.create(endpoint);
		com.ibm.etcd.client.KvStoreClient client = com.ibm.etcd.client.EtcdClient
			.forEndpoint(address.getHost(), address.getPort())
			.withPlainText()
			// It reads all in one message, of which it takes 4 MiB by default.
			.withMaxInboundMessageSize(Integer.MAX_VALUE)
			.build();
		RangeCache cache = new RangeCache((com.ibm.etcd.client.EtcdClient) client,
				ByteString.copyFromUtf8(kind.prefix()));
		ByteString probe = ByteString.copyFromUtf8(kind.probe());
		cache.addListener((type, entry) -> {
			if (entry != null && entry.getKey().equals(probe)) {
				com.ibm.etcd.api.KeyValue held = cache.get(probe);
				saw((held != null) ? held.getValue().toStringUtf8() : "");
			}
		});
		cache.start().get();
	}

	private static void starter(String endpoint, Kind kind) throws Exception {
		ConfigurableApplicationContext context = TestApplications.run(
				new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE),
				Map.of("spring.application.name", "follower", "spring.cloud.etcd.endpoints", endpoint,
						"spring.cloud.etcd.discovery.prefix", kind.prefix(), "spring.cloud.etcd.discovery.register",
						"false", "spring.cloud.etcd.discovery.retain-vanished", "false", "spring.cloud.etcd.enabled",
						"true", "logging.level.root", "warn"));
		context.getBean(Seeing.class)
			.begin(context.getBean(DiscoveryClient.class), context.getBean(LoadBalancerClient.class));
	}

	private static void saw(String value) {
		say("", value);
	}

	private static void say(String what, String value) {
		System.out.println(what + Clock.nanos() + " " + value);
	}

	/**
	 * Asks as callers do, as soon as there is something new to be seen.
	 */
	private static final class Seeing implements Telemetry {

		private DiscoveryClient discovery;

		private LoadBalancerClient balancer;

		private List<ServiceInstance> last;

		synchronized void begin(DiscoveryClient discovery, LoadBalancerClient balancer) {
			this.discovery = discovery;
			this.balancer = balancer;
			this.last = discovery.getInstances(Population.PROBE);
		}

		@Override
		public synchronized void seen(String prefix, long revision, long seenAt) {
			if (this.discovery == null) {
				return;
			}
			List<ServiceInstance> instances = this.discovery.getInstances(Population.PROBE);
			if (instances != this.last) {
				this.last = instances;
				saw(instances.isEmpty() ? "" : String.valueOf(instances.get(0).getPort()));
				ServiceInstance chosen = this.balancer.choose(Population.PROBE);
				say("chosen ", (chosen != null) ? String.valueOf(chosen.getPort()) : "");
			}
		}

	}

	/**
	 * An application with nothing of its own, but that it counts what is decoded, and
	 * sees.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		Seeing seeing() {
			return new Seeing();
		}

		/** Is asked first, and knows nothing. */
		@Bean
		InstanceFormat counting() {
			return new InstanceFormat() {

				@Override
				public String name() {
					return "counting";
				}

				@Override
				public boolean recognizes(byte[] value) {
					decoded.incrementAndGet();
					return false;
				}

				@Override
				public ServiceRecord decode(InstanceKey key, byte[] value) {
					throw new IllegalStateException("It recognizes nothing");
				}

			};
		}

	}

}
