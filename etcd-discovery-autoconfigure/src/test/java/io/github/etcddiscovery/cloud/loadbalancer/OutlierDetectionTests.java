package io.github.etcddiscovery.cloud.loadbalancer;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import io.github.etcddiscovery.cloud.EjectedInstances.EjectedInstance;
import io.netty.handler.timeout.ReadTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.CompletionContext;
import org.springframework.cloud.client.loadbalancer.CompletionContext.Status;
import org.springframework.cloud.client.loadbalancer.DefaultRequest;
import org.springframework.cloud.client.loadbalancer.DefaultRequestContext;
import org.springframework.cloud.client.loadbalancer.DefaultResponse;
import org.springframework.cloud.client.loadbalancer.EmptyResponse;
import org.springframework.cloud.client.loadbalancer.Response;
import org.springframework.cloud.client.loadbalancer.ResponseData;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.web.client.ResourceAccessException;

import static io.github.etcddiscovery.cloud.loadbalancer.TestInstances.instance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link OutlierDetection} and {@link Outliers}.
 */
@ExtendWith(OutputCaptureExtension.class)
class OutlierDetectionTests {

	private static final ServiceInstance A = instance("a");

	private static final ServiceInstance B = instance("b");

	private static final ServiceInstance C = instance("c");

	private static final ServiceInstance D = instance("d");

	private final AtomicLong time = new AtomicLong(-5);

	private final OutlierDetection detection = new OutlierDetection(this.time::get);

	private final TestInstances all = new TestInstances(A, B, C, D);

	private final AtomicBoolean elsewhere = new AtomicBoolean();

	private ServiceInstanceListSupplier supplier = watch(settings(50, 0, 0));

	private static OutlierSettings settings(int percent, int consecutive5xx, int timeouts) {
		return new OutlierSettings(Duration.ofSeconds(1), Duration.ofSeconds(10), percent, consecutive5xx, timeouts);
	}

	private ServiceInstanceListSupplier watch(OutlierSettings settings) {
		return this.detection.watch("stock", settings, () -> this.all.get().blockFirst().size(), this.elsewhere::get)
			.home(this.all);
	}

	private List<ServiceInstance> supplied() {
		return this.supplier.get(new DefaultRequest<>()).blockFirst();
	}

	private void pass(Duration duration) {
		this.time.addAndGet(duration.toNanos());
	}

	private void fails(ServiceInstance instance, Throwable failure) {
		complete(
				new CompletionContext<>(Status.FAILED, failure, new DefaultRequest<>(), new DefaultResponse(instance)));
	}

	private void answers(ServiceInstance instance, HttpStatus status) {
		ResponseData response = new ResponseData(status, new HttpHeaders(), new LinkedMultiValueMap<>(), null);
		complete(new CompletionContext<>(Status.SUCCESS, new DefaultRequest<>(), new DefaultResponse(instance),
				response));
	}

	@SuppressWarnings({ "unchecked", "rawtypes" })
	private void complete(CompletionContext<?, ServiceInstance, ?> context) {
		this.detection.onComplete((CompletionContext) context);
	}

	@Test
	void instanceWithoutAConnectionIsSetAsideAtOnceAndComesBack(CapturedOutput output) {
		assertThat(supplied()).containsExactly(A, B, C, D);
		fails(B, new ConnectException("refused"));
		assertThat(supplied()).containsExactly(A, C, D).isSameAs(supplied());
		assertThat(this.supplier.get().blockFirst()).containsExactly(A, C, D);
		assertThat(output).contains("Ejected stock at b:80 for 1000 ms: no connection (ConnectException)");
		pass(Duration.ofMillis(999));
		assertThat(supplied()).hasSize(3);
		pass(Duration.ofMillis(1));
		assertThat(supplied()).containsExactly(A, B, C, D);
	}

	@Test
	void timeDoublesUpToTheLongestAndOneSuccessEndsThat() {
		for (int seconds : new int[] { 1, 2, 4, 8, 10, 10 }) {
			fails(A, new ConnectException());
			pass(Duration.ofSeconds(seconds).minusNanos(1));
			assertThat(supplied()).as("just before %d s", seconds).doesNotContain(A);
			pass(Duration.ofNanos(1));
			assertThat(supplied()).as("after %d s", seconds).contains(A);
		}
		fails(A, new ConnectException());
		assertThat(supplied()).doesNotContain(A);
		answers(A, HttpStatus.INTERNAL_SERVER_ERROR);
		assertThat(supplied()).as("a connection was made").contains(A);
		fails(A, new ConnectException());
		pass(Duration.ofSeconds(1));
		assertThat(supplied()).contains(A);
	}

	@Test
	void timeNeverBecomesLongerThanTheLongestHoweverOftenItDoubles() {
		this.supplier = this.detection
			.watch("stock", new OutlierSettings(Duration.ofHours(10), Duration.ofDays(1_000), 50, 0, 0), () -> 4,
					() -> false)
			.home(this.all);
		for (int i = 0; i < 100; i++) {
			fails(A, new ConnectException());
			assertThat(this.detection.current()).singleElement()
				.satisfies((ejected) -> assertThat(ejected.remainingMillis()).isBetween(36_000_000L, 86_400_000_000L));
			pass(Duration.ofDays(1_000));
		}
	}

	@Test
	void eachInstanceComesBackWhenItsOwnTimeIsOver() {
		fails(A, new ConnectException());
		pass(Duration.ofMillis(500));
		fails(B, new ConnectException());
		assertThat(supplied()).containsExactly(C, D);
		pass(Duration.ofMillis(500));
		assertThat(supplied()).containsExactly(A, C, D);
		pass(Duration.ofMillis(500));
		assertThat(supplied()).containsExactly(A, B, C, D);
	}

	@Test
	void shareOfAListCountsTheEjectedInstancesInItOnly() {
		fails(A, new ConnectException());
		fails(B, new ConnectException());
		this.all.set(B, C);
		assertThat(supplied()).containsExactly(C);
	}

	@Test
	void failureOfOneInstanceIsForgottenAlthoughAnotherFailsAgain() {
		fails(A, new ConnectException());
		pass(Duration.ofSeconds(10));
		fails(B, new ConnectException());
		pass(Duration.ofSeconds(10));
		fails(A, new ConnectException());
		pass(Duration.ofSeconds(51));
		fails(B, new ConnectException());
		assertThat(this.detection.current()).containsExactly(new EjectedInstance("stock", "b:80", 1_000));
	}

	@Test
	void callsThatWereUnderWayDoNotCountAgain() {
		IntStream.range(0, 20).forEach((i) -> fails(A, new ConnectException()));
		assertThat(this.detection.count()).isEqualTo(1);
		pass(Duration.ofSeconds(1));
		assertThat(supplied()).contains(A);
	}

	@Test
	void failureIsForgottenAfterAMinuteButNotBefore() {
		fails(A, new ConnectException());
		pass(Duration.ofSeconds(60));
		fails(A, new ConnectException());
		pass(Duration.ofSeconds(1));
		assertThat(supplied()).as("the second time").doesNotContain(A);
		pass(Duration.ofSeconds(61));
		fails(B, new ConnectException());
		fails(A, new ConnectException());
		pass(Duration.ofSeconds(1));
		assertThat(supplied()).as("the first time again").contains(A);
	}

	@Test
	void neverMoreThanTheShareOfTheInstancesIsSetAside(CapturedOutput output) {
		List.of(A, B, C, D).forEach((instance) -> fails(instance, new ConnectException()));
		assertThat(supplied()).containsExactly(C, D);
		assertThat(this.detection.current()).hasSize(2);
		assertThat(output.toString().lines()).hasSize(2);
		this.all.set(A, B, C);
		assertThat(supplied()).as("one of three").containsExactly(B, C);
	}

	@Test
	void soleInstanceIsNeverSetAside(CapturedOutput output) {
		this.all.set(A);
		fails(A, new ConnectException());
		assertThat(supplied()).containsExactly(A);
		assertThat(output).isEmpty();
		assertThat(this.detection.count()).isZero();
	}

	@Test
	void shareMayBeAllOrNone() {
		this.supplier = watch(settings(100, 0, 0));
		List.of(A, B, C, D).forEach((instance) -> fails(instance, new ConnectException()));
		assertThat(supplied()).isEmpty();
		this.supplier = watch(settings(0, 0, 0));
		fails(A, new ConnectException());
		assertThat(supplied()).hasSize(4);
	}

	@Test
	void connectionOfAnotherServerDoesNotCount() {
		fails(A, new IOException("token", new IOException("no token", new ConnectException())));
		assertThat(supplied()).contains(A);
		fails(A, new ResourceAccessException("wrapped", new ConnectException()));
		assertThat(supplied()).as("of this one").doesNotContain(A);
	}

	@Test
	void instanceOfEurekaIsFoundAlthoughItsServiceIsInUpperCase() {
		fails(new DefaultServiceInstance("a", "STOCK", "a", 80, false), new ConnectException());
		assertThat(supplied()).doesNotContain(A);
	}

	@Test
	void otherFailuresDoNotCountByDefault() {
		for (int i = 0; i < 100; i++) {
			answers(A, HttpStatus.SERVICE_UNAVAILABLE);
			fails(A, new SocketTimeoutException("Read timed out"));
			fails(A, new IOException("broken pipe"));
		}
		assertThat(supplied()).hasSize(4);
	}

	@Test
	void errorsInARowCountWhereThatIsWanted(CapturedOutput output) {
		this.supplier = watch(settings(50, 3, 0));
		answers(A, HttpStatus.BAD_GATEWAY);
		answers(A, HttpStatus.BAD_GATEWAY);
		answers(A, HttpStatus.NOT_FOUND);
		answers(A, HttpStatus.BAD_GATEWAY);
		answers(A, HttpStatus.BAD_GATEWAY);
		assertThat(supplied()).as("not in a row").contains(A);
		answers(A, HttpStatus.BAD_GATEWAY);
		assertThat(supplied()).doesNotContain(A);
		assertThat(output).contains("for 1000 ms: 3 consecutive 5xx responses");
		pass(Duration.ofSeconds(1));
		answers(A, HttpStatus.BAD_GATEWAY);
		assertThat(supplied()).as("counted anew").contains(A);
	}

	@Test
	void timeoutsInARowCountWhereThatIsWanted(CapturedOutput output) {
		this.supplier = watch(settings(50, 0, 4));
		fails(A, new IOException("before"));
		fails(A, new ResourceAccessException("wrapped", new SocketTimeoutException()));
		fails(A, new HttpTimeoutException("JDK"));
		fails(A, new TimeoutException("Reactor"));
		assertThat(supplied()).contains(A);
		fails(A, ReadTimeoutException.INSTANCE);
		assertThat(supplied()).doesNotContain(A);
		assertThat(output).contains("for 1000 ms: 4 consecutive timeouts");
	}

	@Test
	void errorAndTimeoutInterruptEachOther() {
		this.supplier = watch(settings(50, 2, 2));
		for (int i = 0; i < 5; i++) {
			answers(A, HttpStatus.BAD_GATEWAY);
			fails(A, new SocketTimeoutException());
		}
		assertThat(supplied()).contains(A);
	}

	@Test
	void whatIsSetAsideIsShown() {
		fails(B, new ConnectException());
		pass(Duration.ofMillis(400));
		assertThat(this.detection.current()).containsExactly(new EjectedInstance("stock", "b:80", 600));
		assertThat(this.detection.count()).isEqualTo(1);
		pass(Duration.ofMillis(600));
		assertThat(this.detection.current()).isEmpty();
	}

	@Test
	void callsToOtherServicesAndCallsWithoutAnInstanceAreIgnored() {
		ServiceInstance other = mock(ServiceInstance.class);
		fails(other, new ConnectException());
		Response<ServiceInstance> none = new EmptyResponse();
		complete(new CompletionContext<Object, ServiceInstance, Object>(Status.DISCARD, new DefaultRequest<>(), none));
		complete(new CompletionContext<Object, ServiceInstance, Object>(Status.DISCARD, new DefaultRequest<>(), null));
		assertThat(this.detection.current()).isEmpty();
	}

	@Test
	void firstCallIsReportedAlthoughTheServiceIsWatchedOnlySinceItsChoice() {
		assertThat(new OutlierDetection().supports(DefaultRequestContext.class, Object.class, ServiceInstance.class))
			.isTrue();
		assertThat(this.detection.supports(DefaultRequestContext.class, Object.class, Object.class)).isFalse();
	}

	@Test
	void allInstancesAtHomeAreEjectedIfThereIsAnotherCluster() {
		this.elsewhere.set(true);
		for (ServiceInstance instance : List.of(A, B, C, D)) {
			fails(instance, new ConnectException());
		}
		assertThat(supplied()).isEmpty();
		this.elsewhere.set(false);
		assertThat(supplied()).as("without another cluster only half").hasSize(2);
		this.elsewhere.set(true);
		assertThat(supplied()).isEmpty();
	}

	@Test
	void onlyAShareOfTheFallbackIsLeftOut() {
		this.elsewhere.set(true);
		OutlierDetection.Watched watched = this.detection.watch("stock", settings(50, 0, 0), () -> 4,
				this.elsewhere::get);
		assertThat(watched.noneEjected()).isTrue();
		ServiceInstanceListSupplier fallback = watched.fallback(this.all);
		for (ServiceInstance instance : List.of(A, B, C, D)) {
			fails(instance, new ConnectException());
		}
		assertThat(watched.noneEjected()).isFalse();
		assertThat(fallback.get(new DefaultRequest<>()).blockFirst()).hasSize(2);
		assertThat(fallback.get().blockFirst()).hasSize(2);
	}

}
