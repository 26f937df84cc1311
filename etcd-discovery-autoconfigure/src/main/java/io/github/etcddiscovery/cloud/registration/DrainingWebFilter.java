package io.github.etcddiscovery.cloud.registration;

import java.util.function.BooleanSupplier;

import io.github.etcddiscovery.Internal;
import reactor.core.publisher.Mono;

import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

/**
 * {@link DrainingFilter} for reactive applications.
 */
@Internal
public final class DrainingWebFilter implements WebFilter, Ordered {

	private static final String CLOSE = "close";

	private final BooleanSupplier draining;

	/**
	 * Creates the filter.
	 * @param draining whether this application drains
	 */
	public DrainingWebFilter(BooleanSupplier draining) {
		this.draining = draining;
	}

	/** Before all others, which may answer by themselves. */
	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
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
