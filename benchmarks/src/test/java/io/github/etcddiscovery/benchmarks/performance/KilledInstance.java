package io.github.etcddiscovery.benchmarks.performance;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.CompletionContext;
import org.springframework.cloud.client.loadbalancer.LoadBalancerLifecycle;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.client.loadbalancer.Response;
import org.springframework.http.HttpMethod;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/**
 * How many calls fail, and how many are repeated, in the ten seconds after one of four
 * instances was killed, while its key is still in etcd: by turns with and without
 * ejecting it.
 */
final class KilledInstance {

	static final String NAME = "killed-instance";

	static final String REPEATED = "attempts without a connection";

	private static final int CALLS_A_SECOND = 600;

	private final Scale scale;

	KilledInstance(Scale scale) {
		this.scale = scale;
	}

	Result run() throws Exception {
		Result result = Result.of(NAME);
		for (HttpMethod method : List.of(HttpMethod.GET, HttpMethod.POST)) {
			for (boolean ejecting : List.of(false, true)) {
				LongAdder calls = new LongAdder();
				LongAdder failed = new LongAdder();
				LongAdder attempts = new LongAdder();
				for (int round = 0; round < this.scale.rounds(); round++) {
					measure(method, ejecting, calls, failed, attempts);
				}
				result.add("`outlier.enabled`", ejecting, "method", method.name(), "rounds", this.scale.rounds(),
						"calls", calls.sum(), REPEATED, attempts.sum(), "failed calls", failed.sum());
			}
		}
		result.write(this.scale.folder());
		return result;
	}

	private void measure(HttpMethod method, boolean ejecting, LongAdder calls, LongAdder failed, LongAdder attempts)
			throws Exception {
		ExecutorService callers = Executors.newFixedThreadPool(32);
		ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
		try (FourInstances instances = new FourInstances(Duration.ZERO, Duration.ZERO)) {
			RestClient client = instances
				.call(Map.of("spring.cloud.etcd.discovery.outlier.enabled", String.valueOf(ejecting)));
			Failures failures = instances.caller().getBean(Failures.class);
			clock.scheduleAtFixedRate(() -> callers.execute(() -> {
				calls.increment();
				try {
					client.method(method).uri("/").retrieve().toBodilessEntity();
				}
				catch (RestClientException ex) {
					failed.increment();
				}
			}), 0, TimeUnit.SECONDS.toNanos(1) / CALLS_A_SECOND, TimeUnit.NANOSECONDS);
			Clock.pass(Duration.ofSeconds(2));
			instances.stopFirst();
			Clock.pass(Duration.ofSeconds(this.scale.isSmall() ? 1 : 10));
			clock.shutdownNow();
			callers.shutdown();
			callers.awaitTermination(1, TimeUnit.MINUTES);
			attempts.add(failures.count.sum());
		}
		finally {
			clock.shutdownNow();
			callers.shutdownNow();
		}
	}

	/**
	 * Counts attempts that failed.
	 */
	static final class Failures implements LoadBalancerLifecycle<Object, Object, ServiceInstance> {

		private final LongAdder count = new LongAdder();

		@Override
		public void onStart(Request<Object> request) {
		}

		@Override
		public void onStartRequest(Request<Object> request, Response<ServiceInstance> response) {
		}

		@Override
		public void onComplete(CompletionContext<Object, ServiceInstance, Object> call) {
			if (call.status() == CompletionContext.Status.FAILED) {
				this.count.increment();
			}
		}

	}

}
