package io.github.etcddiscovery.actuate;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.support.Telemetry;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Tells Micrometer of what is done: registering, deregistering and reading anew as
 * observations, which become timers and, with tracing, spans; and how long changes take
 * from being sent to etcd until they are seen, as a distribution. Keys are in spans only,
 * so the number of meters is fixed.
 */
@Internal
public class MicrometerTelemetry implements Telemetry, MeterBinder, SmartInitializingSingleton {

	private static final String CLUSTER = "cluster";

	/** From what is usual in one data centre to what is an outage. */
	private static final Duration[] BUCKETS = { Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofMillis(5),
			Duration.ofMillis(10), Duration.ofMillis(20), Duration.ofMillis(50), Duration.ofMillis(100),
			Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(5) };

	private final ObjectProvider<ObservationRegistry> registry;

	/**
	 * One timer for each registry. Timers of different registries are equal, so a set
	 * would hold only one of them.
	 */
	private final List<Timer> timers = new CopyOnWriteArrayList<>();

	private volatile ObservationRegistry observations = ObservationRegistry.NOOP;

	private final PropagationLag lag = new PropagationLag(
			(nanos) -> this.timers.forEach((timer) -> timer.record(nanos, TimeUnit.NANOSECONDS)));

	/**
	 * Creates the telemetry, which observes nothing until all beans are there: it is
	 * needed early, and those who handle observations may need what needs it.
	 * @param registry takes the observations
	 */
	public MicrometerTelemetry(ObjectProvider<ObservationRegistry> registry) {
		this.registry = registry;
	}

	@Override
	public void afterSingletonsInstantiated() {
		this.observations = this.registry.getIfAvailable(() -> ObservationRegistry.NOOP);
	}

	@Override
	public void bindTo(MeterRegistry meters) {
		this.timers.add(Timer.builder("etcd.discovery.view.propagation")
			.description("from sending a change of an own record to etcd until it is seen")
			.tag(CLUSTER, ClusterView.HOME)
			.serviceLevelObjectives(BUCKETS)
			.register(meters));
	}

	@Override
	public Operation begin(Kind kind, String subject) {
		return begin(kind, subject, ClusterView.HOME);
	}

	@Override
	public Telemetry ofCluster(String cluster) {
		return new Telemetry() {

			@Override
			public Operation begin(Kind kind, String subject) {
				return MicrometerTelemetry.this.begin(kind, subject, cluster);
			}

		};
	}

	private Operation begin(Kind kind, String subject, String cluster) {
		String name = kind.name().toLowerCase(Locale.ROOT);
		Observation observation = Observation.createNotStarted("etcd.discovery." + name, this.observations)
			.contextualName("etcd " + name)
			.lowCardinalityKeyValue(CLUSTER, cluster)
			.highCardinalityKeyValue("etcd.key", subject)
			.start();
		return (failure) -> {
			observation.lowCardinalityKeyValue("reason", reason(failure));
			if (failure != null) {
				observation.error(failure);
			}
			observation.stop();
		};
	}

	/** A few words, whatever etcd says. */
	private static String reason(@Nullable Throwable failure) {
		if (failure == null) {
			return "none";
		}
		return (failure instanceof EtcdException refusal) ? refusal.reason().name().toLowerCase(Locale.ROOT)
				: "cancelled";
	}

	@Override
	public void written(String key, long revision, long sentAt) {
		this.lag.written(key, revision, sentAt);
	}

	@Override
	public void seen(String prefix, long revision, long seenAt) {
		this.lag.seen(prefix, revision, seenAt);
	}

}
