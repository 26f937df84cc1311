package io.github.etcddiscovery.cloud.discovery;

import java.util.List;
import java.util.function.Function;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.CatalogSource;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Emits the instances of a service that may be called: those of now at once, on the
 * subscriber's thread, and again whenever they change, on the view's notification thread.
 * A slow subscriber gets the newest list. Used by one thread at a time: the subscriber's
 * before it has subscribed to the view, the view's after that.
 */
@Internal
public final class LiveInstances {

	private final Function<Catalog<ServiceInstance>, List<ServiceInstance>> instances;

	private final FluxSink<List<ServiceInstance>> sink;

	private @Nullable List<ServiceInstance> last;

	private LiveInstances(Function<Catalog<ServiceInstance>, List<ServiceInstance>> instances,
			FluxSink<List<ServiceInstance>> sink) {
		this.instances = instances;
		this.sink = sink;
	}

	/**
	 * Returns the available instances of a service, for as long as somebody subscribes.
	 * @param view the view to read from
	 * @param serviceId the service
	 * @return the current list, and each list that differs from the one before
	 */
	public static Flux<List<ServiceInstance>> of(CatalogSource<ServiceInstance> view, String serviceId) {
		return of(view, (catalog) -> catalog.available(serviceId));
	}

	/**
	 * Returns some instances, for as long as somebody subscribes.
	 * @param view the view to read from
	 * @param instances returns the instances of a catalog
	 * @return the current list, and each list that differs from the one before
	 */
	public static Flux<List<ServiceInstance>> of(CatalogSource<ServiceInstance> view,
			Function<Catalog<ServiceInstance>, List<ServiceInstance>> instances) {
		// Not created: that is for producers on several threads at once, and costs a
		// queue.
		return Flux.push((sink) -> {
			LiveInstances live = new LiveInstances(instances, sink);
			live.emit(view.catalog());
			// A load balancer has what it wants by now: subscribing would be for nothing.
			if (!sink.isCancelled()) {
				sink.onDispose(view.subscribe(live::emit)::close);
			}
		}, FluxSink.OverflowStrategy.LATEST);
	}

	/**
	 * Tells whether a view knows a service, for as long as somebody subscribes.
	 * @param view the view to read from
	 * @param serviceId the service
	 * @return whether the view contains the service now, and again at every change of the
	 * view, even if the answer is the same
	 */
	public static Flux<Boolean> known(CatalogSource<ServiceInstance> view, String serviceId) {
		return Flux.push((sink) -> {
			sink.next(view.catalog().contains(serviceId));
			if (!sink.isCancelled()) {
				sink.onDispose(view.subscribe((catalog) -> sink.next(catalog.contains(serviceId)))::close);
			}
		}, FluxSink.OverflowStrategy.LATEST);
	}

	/**
	 * Two lists of the very same instances come when one changes that may not be called.
	 */
	private static boolean isSame(List<ServiceInstance> current, @Nullable List<ServiceInstance> last) {
		if (last == null || current.size() != last.size()) {
			return false;
		}
		for (int i = 0; i < current.size(); i++) {
			if (current.get(i) != last.get(i)) {
				return false;
			}
		}
		return true;
	}

	private void emit(Catalog<ServiceInstance> catalog) {
		List<ServiceInstance> current = this.instances.apply(catalog);
		if (!isSame(current, this.last)) {
			this.last = current;
			this.sink.next(current);
		}
	}

}
