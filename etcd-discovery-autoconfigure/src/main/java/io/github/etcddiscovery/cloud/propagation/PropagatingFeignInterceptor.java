package io.github.etcddiscovery.cloud.propagation;

import feign.RequestInterceptor;
import feign.RequestTemplate;
import io.github.etcddiscovery.Internal;

/**
 * Copies the headers to the requests of OpenFeign, unless they have them already.
 */
@Internal
public final class PropagatingFeignInterceptor implements RequestInterceptor {

	private final PropagatedHeaders headers;

	/**
	 * Creates an interceptor.
	 * @param headers what to copy
	 */
	public PropagatingFeignInterceptor(PropagatedHeaders headers) {
		this.headers = headers;
	}

	@Override
	public void apply(RequestTemplate template) {
		this.headers.ofCurrentThread().forEach((name, value) -> {
			if (template.headers().keySet().stream().noneMatch(name::equalsIgnoreCase)) {
				template.header(name, value);
			}
		});
	}

}
