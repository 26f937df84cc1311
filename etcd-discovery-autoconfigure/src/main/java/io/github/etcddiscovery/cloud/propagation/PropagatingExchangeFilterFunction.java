package io.github.etcddiscovery.cloud.propagation;

import java.util.Map;

import io.github.etcddiscovery.Internal;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.cloud.client.loadbalancer.reactive.LoadBalancedExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * Copies the headers to the requests of {@code WebClient}, unless they have them already,
 * before Spring Cloud's own filter chooses an instance.
 */
@Internal
public final class PropagatingExchangeFilterFunction implements LoadBalancedExchangeFilterFunction {

	private final ObjectProvider<LoadBalancedExchangeFilterFunction> filters;

	private final PropagatedHeaders headers;

	/**
	 * Creates a filter.
	 * @param filters all filters, of which this is one
	 * @param headers what to copy
	 */
	public PropagatingExchangeFilterFunction(ObjectProvider<LoadBalancedExchangeFilterFunction> filters,
			PropagatedHeaders headers) {
		this.filters = filters;
		this.headers = headers;
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		return Mono.deferContextual((context) -> this.filters.stream()
			.filter((filter) -> filter != this)
			.findFirst()
			.orElseThrow()
			.filter(withHeaders(request, this.headers.of(context)), next));
	}

	private static ClientRequest withHeaders(ClientRequest request, Map<String, String> values) {
		return values.isEmpty() ? request
				: ClientRequest.from(request).headers((headers) -> values.forEach((name, value) -> {
					if (!headers.containsHeader(name)) {
						headers.set(name, value);
					}
				})).build();
	}

}
