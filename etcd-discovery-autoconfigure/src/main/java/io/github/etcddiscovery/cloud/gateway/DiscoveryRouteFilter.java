package io.github.etcddiscovery.cloud.gateway;

import org.springframework.web.servlet.function.HandlerFilterFunction;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * A filter for all routes to discovered services. Beans of this type are applied in their
 * order, before an instance is chosen and while the path still begins with the name of
 * the service. Each of the gateway's own filter functions can be one:
 * {@code FilterFunctions.addRequestHeader("X-Source", "gateway")::filter}.
 */
@FunctionalInterface
public interface DiscoveryRouteFilter extends HandlerFilterFunction<ServerResponse, ServerResponse> {

}
