package io.github.etcddiscovery.cloud.propagation;

import java.io.IOException;

import io.github.etcddiscovery.Internal;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.cloud.client.loadbalancer.BlockingLoadBalancerInterceptor;
import org.springframework.http.HttpRequest;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpResponse;

/**
 * Copies the headers to the requests of {@code RestClient} and {@code RestTemplate},
 * unless they have them already, before Spring Cloud's own interceptor chooses an
 * instance.
 */
@Internal
public final class PropagatingInterceptor implements BlockingLoadBalancerInterceptor {

	private final ObjectProvider<BlockingLoadBalancerInterceptor> interceptors;

	private final PropagatedHeaders headers;

	/**
	 * Creates an interceptor.
	 * @param interceptors all interceptors, of which this is one
	 * @param headers what to copy
	 */
	public PropagatingInterceptor(ObjectProvider<BlockingLoadBalancerInterceptor> interceptors,
			PropagatedHeaders headers) {
		this.interceptors = interceptors;
		this.headers = headers;
	}

	@Override
	public ClientHttpResponse intercept(HttpRequest request, byte[] body, ClientHttpRequestExecution execution)
			throws IOException {
		this.headers.ofCurrentThread().forEach((name, value) -> {
			if (!request.getHeaders().containsHeader(name)) {
				request.getHeaders().set(name, value);
			}
		});
		return this.interceptors.stream()
			.filter((interceptor) -> interceptor != this)
			.findFirst()
			.orElseThrow()
			.intercept(request, body, execution);
	}

}
