package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.PlainText;
import io.github.etcddiscovery.support.LimitedLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.publisher.Flux;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.client.loadbalancer.RequestDataContext;
import org.springframework.cloud.loadbalancer.core.DelegatingServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.http.HttpHeaders;
import org.springframework.util.StringUtils;

/**
 * Supplies only the instances that match a selector. The selector comes from the
 * properties. For the same metadata key, a header of the request overrides the
 * properties. Safe to use from any thread.
 */
@Internal
public final class SelectingInstanceListSupplier extends DelegatingServiceInstanceListSupplier {

	private static final Logger logger = LoggerFactory.getLogger(SelectingInstanceListSupplier.class);

	/** The longest description of a selection in the log, in characters. */
	private static final int LONGEST = 200;

	private final LimitedLog log = new LimitedLog(logger, System::nanoTime);

	private final RecentLists<InstanceSelector> selected = new RecentLists<>();

	private final InstanceSelector selector;

	private final Map<String, String> headers;

	private final boolean allWithoutMatch;

	/**
	 * Creates a supplier.
	 * @param delegate supplies all instances
	 * @param selector the selector of the properties
	 * @param headers metadata keys by header name. A header may list several values,
	 * separated by commas
	 * @param allWithoutMatch whether all instances are supplied if none matches
	 */
	public SelectingInstanceListSupplier(ServiceInstanceListSupplier delegate, InstanceSelector selector,
			Map<String, String> headers, boolean allWithoutMatch) {
		super(delegate);
		this.selector = selector;
		this.headers = Map.copyOf(headers);
		this.allWithoutMatch = allWithoutMatch;
	}

	@Override
	public Flux<List<ServiceInstance>> get() {
		return this.delegate.get().map((instances) -> select(instances, this.selector));
	}

	@Override
	@SuppressWarnings("rawtypes")
	public Flux<List<ServiceInstance>> get(Request request) {
		InstanceSelector wanted = selector(request);
		Flux<List<ServiceInstance>> all = this.delegate.get(request);
		return wanted.isAll() ? all : all.map((instances) -> select(instances, wanted));
	}

	/**
	 * Returns the selector of a request.
	 * @param request the request
	 */
	@SuppressWarnings("rawtypes")
	InstanceSelector selector(Request request) {
		if (this.headers.isEmpty() || !(request.getContext() instanceof RequestDataContext context)
				|| context.getClientRequest() == null) {
			return this.selector;
		}
		HttpHeaders sent = context.getClientRequest().getHeaders();
		InstanceSelector wanted = this.selector;
		if (sent != null) {
			for (Map.Entry<String, String> header : this.headers.entrySet()) {
				String value = sent.getFirst(header.getKey());
				Set<String> values = Set.copyOf(List.of(StringUtils.tokenizeToStringArray(value, ",")));
				if (!values.isEmpty()) {
					wanted = wanted.with(header.getValue(), values);
				}
			}
		}
		return wanted;
	}

	/**
	 * Returns all registered instances that match a request, whatever their status.
	 * @param request the request
	 * @param available what was supplied for the request
	 * @param registered all registered instances
	 * @return the same list as long as nothing changes
	 */
	public List<ServiceInstance> registered(Request<?> request, List<ServiceInstance> available,
			List<ServiceInstance> registered) {
		InstanceSelector wanted = selector(request);
		boolean selected = !wanted.isAll() && !available.isEmpty() && wanted.matches(available.get(0));
		return selected
				? this.selected.get(registered, wanted, () -> registered.stream().filter(wanted::matches).toList())
				: registered;
	}

	private List<ServiceInstance> select(List<ServiceInstance> instances, InstanceSelector wanted) {
		return (wanted.isAll() || instances.isEmpty()) ? instances
				: this.selected.get(instances, wanted, () -> selectAnew(instances, wanted));
	}

	private List<ServiceInstance> selectAnew(List<ServiceInstance> instances, InstanceSelector wanted) {
		List<ServiceInstance> matching = instances.stream().filter(wanted::matches).toList();
		if (!matching.isEmpty()) {
			return matching;
		}
		this.log.log(Level.WARN, getServiceId(), wanted.toString(),
				() -> "No available instance of %s has the metadata %s: %s".formatted(getServiceId(),
						PlainText.of(wanted.wanted().toString(), LONGEST),
						this.allWithoutMatch ? "all of its instances are used"
								: "none is used, as spring.cloud.etcd.discovery.select-default is none"));
		return this.allWithoutMatch ? instances : matching;
	}

}
