package io.github.etcddiscovery.actuate;

import java.util.Map;

import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;
import org.springframework.cloud.client.serviceregistry.endpoint.ServiceRegistryEndpoint;

/**
 * Spring Cloud's endpoint {@code serviceregistry}, which says what is wrong with a status
 * it cannot set: by itself it would answer 500 without a word.
 */
@EndpointWebExtension(endpoint = ServiceRegistryEndpoint.class)
public class EtcdServiceRegistryWebExtension {

	private final ServiceRegistryEndpoint endpoint;

	/**
	 * Creates the extension.
	 * @param endpoint sets the status
	 */
	public EtcdServiceRegistryWebExtension(ServiceRegistryEndpoint endpoint) {
		this.endpoint = endpoint;
	}

	/**
	 * Sets the status of this application.
	 * @param status its name
	 * @return nothing, or a sentence with status 400 if there is no such status
	 */
	@WriteOperation
	public WebEndpointResponse<?> setStatus(String status) {
		try {
			return this.endpoint.setStatus(status);
		}
		catch (IllegalArgumentException ex) {
			return new WebEndpointResponse<>(Map.of("error", String.valueOf(ex.getMessage())),
					WebEndpointResponse.STATUS_BAD_REQUEST);
		}
	}

}
