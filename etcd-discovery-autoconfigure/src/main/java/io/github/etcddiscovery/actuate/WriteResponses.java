package io.github.etcddiscovery.actuate;

import java.util.Map;
import java.util.function.Supplier;

import io.github.etcddiscovery.client.EtcdException;

import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * The responses of endpoints to a caller that changes something. A failure is described
 * in a sentence.
 */
final class WriteResponses {

	/** etcd has not answered yet. */
	static final int STATUS_ACCEPTED = 202;

	private WriteResponses() {
	}

	/** Makes a change, and says so if it is refused. */
	static WebEndpointResponse<?> answer(Supplier<WebEndpointResponse<?>> change) {
		try {
			return change.get();
		}
		catch (NothingToChangeException ex) {
			return failure(WebEndpointResponse.STATUS_NOT_FOUND, String.valueOf(ex.getMessage()));
		}
		catch (IllegalArgumentException ex) {
			return failure(WebEndpointResponse.STATUS_BAD_REQUEST, String.valueOf(ex.getMessage()));
		}
		catch (EtcdException ex) {
			return failure(WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE, String.valueOf(ex.getMessage()));
		}
	}

	static WebEndpointResponse<?> failure(int status, String reason) {
		return new WebEndpointResponse<>(Map.of("error", reason), status);
	}

}
