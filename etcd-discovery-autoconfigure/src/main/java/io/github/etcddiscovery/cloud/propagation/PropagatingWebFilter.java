package io.github.etcddiscovery.cloud.propagation;

import io.github.etcddiscovery.Internal;
import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

/**
 * Adds the headers of an incoming request to the Reactor context, where
 * {@link PropagatingExchangeFilterFunction} finds them.
 */
@Internal
public final class PropagatingWebFilter implements WebFilter {

	private final PropagatedHeaders headers;

	/**
	 * Creates a filter.
	 * @param headers what to copy
	 */
	public PropagatingWebFilter(PropagatedHeaders headers) {
		this.headers = headers;
	}

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		return chain.filter(exchange)
			.contextWrite((context) -> this.headers.addTo(context, exchange.getRequest().getHeaders()));
	}

}
