package io.github.etcddiscovery.actuate;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;
import org.springframework.cloud.client.serviceregistry.endpoint.ServiceRegistryEndpoint;

/**
 * Spring Cloud's endpoint {@code serviceregistry}, which waits until etcd has a status,
 * and says what is wrong with one that cannot be set: by itself it would answer before
 * others can know, or 500 without a word.
 */
@Internal
@EndpointWebExtension(endpoint = ServiceRegistryEndpoint.class)
public class EtcdServiceRegistryWebExtension {

	private final ServiceRegistryEndpoint endpoint;

	private final EtcdServiceRegistry registry;

	private final @Nullable EtcdRegistration registration;

	/**
	 * Creates the extension.
	 * @param endpoint sets the status
	 * @param registry publishes it
	 * @param registration whose status, {@code null} if it is that of another registry
	 */
	public EtcdServiceRegistryWebExtension(ServiceRegistryEndpoint endpoint, EtcdServiceRegistry registry,
			@Nullable EtcdRegistration registration) {
		this.endpoint = endpoint;
		this.registry = registry;
		this.registration = registration;
	}

	/**
	 * Sets the status of this application. Waits for etcd, but not for long.
	 * @param status its name
	 * @return nothing, with status 202 if etcd has not answered yet; or a sentence, with
	 * status 400 if there is no such status, 503 if etcd refuses it, which is tried again
	 */
	@WriteOperation
	public WebEndpointResponse<?> setStatus(@Nullable String status) {
		if (status == null) {
			return WriteResponses.failure(WebEndpointResponse.STATUS_BAD_REQUEST,
					"No status given: expected {\"status\":\"...\"}");
		}
		return WriteResponses.answer(() -> {
			WebEndpointResponse<?> answer = this.endpoint.setStatus(status);
			return (this.registration == null || this.registry.flush(this.registration)) ? answer
					: new WebEndpointResponse<>(WriteResponses.STATUS_ACCEPTED);
		});
	}

}
