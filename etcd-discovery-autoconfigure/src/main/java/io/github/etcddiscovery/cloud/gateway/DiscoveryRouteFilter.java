package io.github.etcddiscovery.cloud.gateway;

import org.springframework.web.servlet.function.HandlerFilterFunction;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * A filter for all routes of Spring Cloud Gateway Server WebMVC to discovered services.
 * Beans of this type are applied in the order of {@code @Order}. A filter runs before an
 * instance is chosen, when the path still contains the service id. Request threads call
 * it concurrently. An exception ends the request as in any other filter of the gateway.
 * The gateway's own filter functions fit:
 * {@code FilterFunctions.addRequestHeader("X-Source", "gateway")::filter}.
 */
@FunctionalInterface
public interface DiscoveryRouteFilter extends HandlerFilterFunction<ServerResponse, ServerResponse> {

}
