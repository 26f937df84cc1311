package io.github.etcddiscovery.actuate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.support.Telemetry.Kind;
import io.github.etcddiscovery.support.Telemetry.Operation;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.beans.factory.support.StaticListableBeanFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link MicrometerTelemetry}.
 */
class MicrometerTelemetryTests {

	private static final Locale BEFORE = Locale.getDefault();

	private final List<Observation.Context> ended = new ArrayList<>();

	private final StaticListableBeanFactory beans = new StaticListableBeanFactory();

	private MicrometerTelemetry telemetry;

	@BeforeEach
	void create() {
		ObservationRegistry registry = ObservationRegistry.create();
		registry.observationConfig().observationHandler(new ObservationHandler<Observation.Context>() {
			@Override
			public void onStop(Observation.Context context) {
				MicrometerTelemetryTests.this.ended.add(context);
			}

			@Override
			public boolean supportsContext(Observation.Context context) {
				return true;
			}
		});
		this.beans.addBean("registry", registry);
		this.telemetry = new MicrometerTelemetry(this.beans.getBeanProvider(ObservationRegistry.class));
	}

	@AfterEach
	void restoreLocale() {
		Locale.setDefault(BEFORE);
	}

	private Observation.Context observed(Kind kind, Throwable failure) {
		this.telemetry.afterSingletonsInstantiated();
		Operation operation = this.telemetry.begin(kind, "/services/orders/1");
		assertThat(this.ended).isEmpty();
		operation.end(failure);
		assertThat(this.ended).hasSize(1);
		return this.ended.get(0);
	}

	@Test
	void successIsObservedWithItsKeyInSpansOnly() {
		Observation.Context context = observed(Kind.REGISTER, null);
		assertThat(context.getName()).isEqualTo("etcd.discovery.register");
		assertThat(context.getContextualName()).isEqualTo("etcd register");
		assertThat(context.getLowCardinalityKeyValue("reason").getValue()).isEqualTo("none");
		assertThat(context.getLowCardinalityKeyValue("cluster").getValue()).isEqualTo("home");
		assertThat(context.getLowCardinalityKeyValues().stream()).hasSize(2);
		assertThat(context.getHighCardinalityKeyValue("etcd.key").getValue()).isEqualTo("/services/orders/1");
		assertThat(context.getError()).isNull();
	}

	@ParameterizedTest
	@EnumSource(Reason.class)
	void failureIsObservedWithItsReason(Reason reason) {
		EtcdException failure = new EtcdException(reason, "refused", null);
		Observation.Context context = observed(Kind.DEREGISTER, failure);
		assertThat(context.getLowCardinalityKeyValue("reason").getValue())
			.isEqualTo(reason.name().toLowerCase(Locale.ROOT));
		assertThat(context.getError()).isSameAs(failure);
	}

	@Test
	void whatWasCalledOffSaysSo() {
		Observation.Context context = observed(Kind.RESYNC, new IllegalStateException("closed"));
		assertThat(context.getLowCardinalityKeyValue("reason").getValue()).isEqualTo("cancelled");
	}

	@Test
	void namesDoNotDependOnTheLocale() {
		Locale.setDefault(Locale.forLanguageTag("tr"));
		assertThat(observed(Kind.REGISTER, new EtcdException(Reason.PERMISSION_DENIED, "denied", null)))
			.satisfies((context) -> {
				assertThat(context.getName()).isEqualTo("etcd.discovery.register");
				assertThat(context.getLowCardinalityKeyValue("reason").getValue()).isEqualTo("permission_denied");
			});
	}

	@Test
	void nothingIsObservedBeforeAllBeansAreThere() {
		this.telemetry.begin(Kind.REGISTER, "/a").end(null);
		assertThat(this.ended).isEmpty();
	}

	@Test
	void propagationIsMeasuredInEveryRegistry() {
		SimpleMeterRegistry first = new SimpleMeterRegistry();
		SimpleMeterRegistry second = new SimpleMeterRegistry();
		this.telemetry.bindTo(first);
		this.telemetry.bindTo(second);
		this.telemetry.written("/services/orders/1", 5, TimeUnit.SECONDS.toNanos(1));
		this.telemetry.seen("/services/", 5, TimeUnit.SECONDS.toNanos(3));
		for (SimpleMeterRegistry registry : List.of(first, second)) {
			Timer timer = registry.get("etcd.discovery.view.propagation").timer();
			assertThat(timer.count()).isEqualTo(1);
			assertThat(timer.totalTime(TimeUnit.SECONDS)).isEqualTo(2);
		}
	}

	@Test
	void whatIsDoneInARemoteClusterHasItsTag() {
		this.telemetry.afterSingletonsInstantiated();
		Telemetry remote = this.telemetry.ofCluster("us");
		remote.begin(Kind.RESYNC, "/services/").end(null);
		assertThat(this.ended.get(0).getLowCardinalityKeyValue("cluster").getValue()).isEqualTo("us");
		assertThat(Telemetry.NONE.ofCluster("us")).isSameAs(Telemetry.NONE);
		SimpleMeterRegistry meters = new SimpleMeterRegistry();
		this.telemetry.bindTo(meters);
		remote.written("/services/orders/1", 7, 1);
		remote.seen("/services/", 7, 2);
		assertThat(meters.get("etcd.discovery.view.propagation").tag("cluster", "home").timer().count()).isZero();
	}

}
