package io.github.etcddiscovery.actuate;

import java.util.Map;
import java.util.function.Supplier;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.actuate.EtcdDiscoveryEndpoint.MetadataChange;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;

/**
 * Exposes changes by the endpoint {@code etcd} over HTTP. Answers a refused change with a
 * status code and an error message.
 */
@Internal
@EndpointWebExtension(endpoint = EtcdDiscoveryEndpoint.class)
public class EtcdDiscoveryWebExtension {

	private final EtcdDiscoveryEndpoint endpoint;

	/**
	 * Creates the extension.
	 * @param endpoint changes the metadata
	 */
	public EtcdDiscoveryWebExtension(EtcdDiscoveryEndpoint endpoint) {
		this.endpoint = endpoint;
	}

	/**
	 * Sets metadata of this application.
	 * @param part what to change: {@code metadata}
	 * @param name the name of the metadata
	 * @param value the value; {@code null} is refused
	 * @return all metadata, with status 202 if the change is not in etcd yet. On failure
	 * an error message, with status 404 (unknown part, or this application does not
	 * register itself), 400 (the value cannot be registered) or 503 (etcd refuses it)
	 */
	@WriteOperation
	public WebEndpointResponse<?> set(@Selector String part, @Selector String name, @Nullable String value) {
		return (value != null) ? respond(() -> this.endpoint.set(part, name, value)) : WriteResponses
			.failure(WebEndpointResponse.STATUS_BAD_REQUEST, "No value given: expected {\"value\":\"...\"}");
	}

	/**
	 * Removes metadata of this application.
	 * @param part what to change: {@code metadata}
	 * @param name the name of the metadata
	 * @return the same as {@link #set}
	 */
	@DeleteOperation
	public WebEndpointResponse<?> remove(@Selector String part, @Selector String name) {
		return respond(() -> this.endpoint.remove(part, name));
	}

	private static WebEndpointResponse<?> respond(Supplier<MetadataChange> change) {
		return WriteResponses.answer(() -> {
			MetadataChange changed = change.get();
			return new WebEndpointResponse<>(Map.of("metadata", changed.metadata()),
					changed.written() ? WebEndpointResponse.STATUS_OK : WriteResponses.STATUS_ACCEPTED);
		});
	}

}
