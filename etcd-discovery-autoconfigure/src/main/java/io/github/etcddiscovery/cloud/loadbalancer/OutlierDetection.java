package io.github.etcddiscovery.cloud.loadbalancer;

import java.net.SocketTimeoutException;
import java.net.http.HttpTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.EjectedInstances;
import io.github.etcddiscovery.cloud.UnsentRequests;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.CompletionContext;
import org.springframework.cloud.client.loadbalancer.CompletionContext.Status;
import org.springframework.cloud.client.loadbalancer.LoadBalancerLifecycle;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.client.loadbalancer.Response;
import org.springframework.cloud.client.loadbalancer.ResponseData;
import org.springframework.cloud.loadbalancer.core.DelegatingServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.http.HttpStatusCode;

/**
 * Ejects instances that accept no connection and, if configured, instances with too many
 * consecutive 5xx responses or timeouts. Spring Cloud reports the end of each call. Safe
 * to use from any thread.
 */
@Internal
public final class OutlierDetection
		implements LoadBalancerLifecycle<Object, Object, ServiceInstance>, EjectedInstances {

	/** Netty's timeout exception does not extend the JDK's. */
	private static final String NETTY_TIMEOUT = "io.netty.handler.timeout.TimeoutException";

	private final ServiceMapping<Service> services = new ServiceMapping<>();

	private final LongAdder ejections = new LongAdder();

	private final LongSupplier nanoTime;

	/**
	 * Creates a detection that watches no service yet.
	 */
	public OutlierDetection() {
		this(System::nanoTime);
	}

	OutlierDetection(LongSupplier nanoTime) {
		this.nanoTime = nanoTime;
	}

	/**
	 * Begins to watch the calls to a service.
	 * @param serviceId the service
	 * @param settings when an instance is ejected
	 * @param available returns the number of available instances
	 * @param elsewhere returns whether callers can use another cluster instead
	 * @return leaves out the ejected instances
	 */
	public Watched watch(String serviceId, OutlierSettings settings, IntSupplier available, BooleanSupplier elsewhere) {
		Outliers outliers = new Outliers(serviceId, settings, available, elsewhere, this.nanoTime,
				this.ejections::increment);
		this.services.put(serviceId, new Service(settings, outliers));
		return new Watched(outliers);
	}

	/**
	 * Supports all services: some clients ask before the first choice, at which a service
	 * begins to be watched.
	 */
	@Override
	@SuppressWarnings("rawtypes")
	public boolean supports(Class requestContextClass, Class responseClass, Class serverTypeClass) {
		return ServiceInstance.class.isAssignableFrom(serverTypeClass);
	}

	@Override
	public void onStart(Request<Object> request) {
	}

	@Override
	public void onStartRequest(Request<Object> request, Response<ServiceInstance> response) {
	}

	@Override
	public void onComplete(CompletionContext<Object, ServiceInstance, Object> call) {
		Response<ServiceInstance> response = call.getLoadBalancerResponse();
		ServiceInstance instance = (response != null) ? response.getServer() : null;
		Service service = (instance != null) ? this.services.find(instance) : null;
		if (instance == null || service == null) {
			return;
		}
		Throwable failure = call.getThrowable();
		if (call.status() == Status.SUCCESS) {
			if (service.settings().consecutive5xx() > 0 && is5xx(call.getClientResponse())) {
				service.outliers().answered5xx(instance);
			}
			else {
				service.outliers().succeeded(instance);
			}
		}
		else if (failure != null && UnsentRequests.isConnectFailure(failure)) {
			service.outliers().failedToConnect(instance, failure);
		}
		else if (service.settings().consecutiveTimeouts() > 0 && isTimeout(failure)) {
			service.outliers().timedOut(instance);
		}
	}

	private static boolean is5xx(@Nullable Object response) {
		HttpStatusCode status = (response instanceof ResponseData data) ? data.getHttpStatus() : null;
		return status != null && status.is5xxServerError();
	}

	private static boolean isTimeout(@Nullable Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof SocketTimeoutException || cause instanceof HttpTimeoutException
					|| cause instanceof TimeoutException || isNettyTimeout(cause.getClass())) {
				return true;
			}
		}
		return false;
	}

	private static boolean isNettyTimeout(Class<?> type) {
		return NETTY_TIMEOUT.equals(type.getName())
				|| (type.getSuperclass() != null && isNettyTimeout(type.getSuperclass()));
	}

	@Override
	public long count() {
		return this.ejections.sum();
	}

	@Override
	public List<EjectedInstance> current() {
		List<EjectedInstance> result = new ArrayList<>();
		new TreeMap<>(this.services.asMap()).forEach((serviceId, service) -> service.outliers()
			.ends()
			.forEach((address, end) -> result.add(new EjectedInstance(serviceId, address.toString(),
					Math.max(0, TimeUnit.NANOSECONDS.toMillis(end - this.nanoTime.getAsLong()))))));
		return result;
	}

	/**
	 * A service whose calls are watched.
	 *
	 * @param settings when an instance is ejected
	 * @param outliers the instances to which calls failed
	 */
	private record Service(OutlierSettings settings, Outliers outliers) {

	}

	/**
	 * A service whose calls are watched.
	 */
	@Internal
	public static final class Watched {

		private final Outliers outliers;

		Watched(Outliers outliers) {
			this.outliers = outliers;
		}

		/**
		 * Leaves out ejected instances of home. These may be all of them, if callers can
		 * use another cluster instead.
		 * @param home supplies the instances of home
		 * @return supplies the instances that are not ejected
		 */
		public ServiceInstanceListSupplier home(ServiceInstanceListSupplier home) {
			return new WithoutOutliers(home, this.outliers, (instances) -> this.outliers.isElsewhere()
					? this.outliers.leaveOutAll(instances) : this.outliers.leaveOut(instances));
		}

		/**
		 * Leaves out ejected instances of a fallback, up to the allowed share.
		 * @param fallback supplies the instances of the fallback
		 * @return supplies the instances that are not ejected
		 */
		public ServiceInstanceListSupplier fallback(ServiceInstanceListSupplier fallback) {
			return new WithoutOutliers(fallback, this.outliers, this.outliers::leaveOut);
		}

		/**
		 * Whether no instance is ejected.
		 * @return whether no instance is ejected
		 */
		public boolean noneEjected() {
			return this.outliers.noneEjected();
		}

	}

	/**
	 * Leaves out the ejected instances.
	 */
	private static final class WithoutOutliers extends DelegatingServiceInstanceListSupplier {

		private final Outliers outliers;

		private final UnaryOperator<List<ServiceInstance>> leaveOut;

		WithoutOutliers(ServiceInstanceListSupplier delegate, Outliers outliers,
				UnaryOperator<List<ServiceInstance>> leaveOut) {
			super(delegate);
			this.outliers = outliers;
			this.leaveOut = leaveOut;
		}

		@Override
		public Flux<List<ServiceInstance>> get() {
			return this.delegate.get().map(this.leaveOut);
		}

		@Override
		@SuppressWarnings("rawtypes")
		public Flux<List<ServiceInstance>> get(Request request) {
			Flux<List<ServiceInstance>> all = this.delegate.get(request);
			return this.outliers.noneEjected() ? all : all.map(this.leaveOut);
		}

	}

}
