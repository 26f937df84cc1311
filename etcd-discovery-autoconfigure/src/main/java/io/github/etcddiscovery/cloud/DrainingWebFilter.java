package io.github.etcddiscovery.cloud;

import java.util.function.BooleanSupplier;

import reactor.core.publisher.Mono;

import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

/**
 * {@link DrainingFilter} for reactive applications.
 */
public final class DrainingWebFilter implements WebFilter {

	private static final String CLOSE = "close";

	private final BooleanSupplier draining;

	/**
	 * Creates the filter.
	 * @param draining whether this application drains
	 */
	public DrainingWebFilter(BooleanSupplier draining) {
		this.draining = draining;
	}

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		exchange.getResponse().beforeCommit(() -> Mono.fromRunnable(() -> {
			if (this.draining.getAsBoolean()) {
				exchange.getResponse().getHeaders().set(HttpHeaders.CONNECTION, CLOSE);
			}
		}));
		return chain.filter(exchange);
	}

}
