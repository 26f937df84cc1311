package io.github.etcddiscovery.cloud.gateway;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.ManagementServices;
import io.github.etcddiscovery.cloud.UnsentRequests;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.CatalogSource;
import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.gateway.server.mvc.filter.BeforeFilterFunctions;
import org.springframework.cloud.gateway.server.mvc.filter.LoadBalancerFilterFunctions;
import org.springframework.cloud.gateway.server.mvc.handler.GatewayRouterFunctions;
import org.springframework.cloud.gateway.server.mvc.handler.HandlerFunctions;
import org.springframework.http.server.PathContainer;
import org.springframework.http.server.PathContainer.PathSegment;
import org.springframework.web.servlet.function.HandlerFunction;
import org.springframework.web.servlet.function.RequestPredicates;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * Routes requests to the service that the first segment of their path names, without that
 * segment: {@code /stock/articles/7} goes to {@code /articles/7} of an instance of
 * {@code stock}. It looks into the view at each request, so a service has its route as
 * soon as an instance is available, and loses it with the last one. Nothing is rebuilt
 * when services come and go.
 */
@Internal
public final class DiscoveryRouterFunction implements RouterFunction<ServerResponse> {

	private final CatalogSource<ServiceInstance> view;

	private final String routeIdPrefix;

	private final boolean lowerCaseServiceId;

	private final Predicate<ServiceInstance> include;

	private final List<DiscoveryRouteFilter> filters;

	private final ToIntFunction<String> retries;

	/** Routes by service id, created at the first call. */
	private final Map<String, RouterFunction<ServerResponse>> routes = new ConcurrentHashMap<>();

	private volatile ServicesInLowerCase lowerCase = new ServicesInLowerCase(List.of(), Map.of());

	/**
	 * Creates the function.
	 * @param view what is registered
	 * @param routeIdPrefix prefix of the route ids
	 * @param lowerCaseServiceId whether the path contains the service id in lower case
	 * @param include a service has a route if one of its available instances is included
	 * @param filters of all routes, the outermost first
	 * @param retries returns how often a request that could not be sent is repeated, by
	 * service id
	 */
	public DiscoveryRouterFunction(CatalogSource<ServiceInstance> view, String routeIdPrefix,
			boolean lowerCaseServiceId, Predicate<ServiceInstance> include, List<DiscoveryRouteFilter> filters,
			ToIntFunction<String> retries) {
		this.view = view;
		this.routeIdPrefix = routeIdPrefix;
		this.lowerCaseServiceId = lowerCaseServiceId;
		this.include = include;
		this.filters = List.copyOf(filters);
		this.retries = retries;
	}

	@Override
	public Optional<HandlerFunction<ServerResponse>> route(ServerRequest request) {
		String segment = firstSegment(request.requestPath().pathWithinApplication());
		Catalog<ServiceInstance> catalog = this.view.catalog();
		String serviceId = (this.lowerCaseServiceId && segment != null) ? inLowerCase(catalog).get(segment) : segment;
		if (serviceId == null) {
			return Optional.empty();
		}
		boolean routed = catalog.available(serviceId).stream().anyMatch(this.include)
				&& !ManagementServices.contains(catalog, serviceId);
		if (!routed) {
			this.routes.remove(serviceId);
			return Optional.empty();
		}
		return this.routes.computeIfAbsent(serviceId, this::newRoute).route(request);
	}

	private static @Nullable String firstSegment(PathContainer path) {
		return path.elements()
			.stream()
			.filter(PathSegment.class::isInstance)
			.findFirst()
			.map((segment) -> ((PathSegment) segment).valueToMatch())
			.orElse(null);
	}

	private Map<String, String> inLowerCase(Catalog<ServiceInstance> catalog) {
		List<String> services = catalog.services();
		ServicesInLowerCase known = this.lowerCase;
		if (known.services() != services) {
			Map<String, String> ids = new HashMap<>();
			services.forEach((service) -> ids.putIfAbsent(service.toLowerCase(Locale.ROOT), service));
			known = new ServicesInLowerCase(services, ids);
			this.lowerCase = known;
		}
		return known.ids();
	}

	private RouterFunction<ServerResponse> newRoute(String serviceId) {
		RouterFunctions.Builder route = GatewayRouterFunctions.route(this.routeIdPrefix + serviceId)
			.route(RequestPredicates.all(), HandlerFunctions.http());
		this.filters.forEach(route::filter);
		int most = this.retries.applyAsInt(serviceId);
		return route.filter((request, next) -> repeatIfUnsent(request, next, most))
			.before(BeforeFilterFunctions.stripPrefix(1))
			.filter(LoadBalancerFilterFunctions.lb(serviceId))
			.build();
	}

	/**
	 * Repeats a request that no instance can have received, whatever its method. The load
	 * balancer chooses anew each time.
	 */
	private static ServerResponse repeatIfUnsent(ServerRequest request, HandlerFunction<ServerResponse> next, int most)
			throws Exception {
		for (int retry = 0;; retry++) {
			try {
				return next.handle(request);
			}
			catch (Exception ex) {
				if (retry >= most || !UnsentRequests.isUnsent(ex)) {
					throw ex;
				}
			}
		}
	}

	@Override
	public String toString() {
		return "Routes to the services in etcd";
	}

	/**
	 * The service ids by their lower-case form.
	 *
	 * @param services the list from which the ids were computed
	 * @param ids the ids by their lower-case form; of two that differ in case only, the
	 * first one
	 */
	private record ServicesInLowerCase(List<String> services, Map<String, String> ids) {

	}

}
