package io.github.etcddiscovery.cloud;

import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

import reactor.core.publisher.Mono;

/**
 * Asks whether an instance is well. A bean of this type replaces the one that sends a GET
 * with the JDK's client and expects 200: for other TLS settings than the JDK's, or for
 * credentials, which then go to whoever has registered.
 */
@FunctionalInterface
public interface HealthProbe {

	/**
	 * Asks.
	 * @param uri where to ask
	 * @return whether it is well; may fail instead of saying that it is not; must not
	 * block
	 */
	Mono<Boolean> isWell(URI uri);

	/**
	 * Creates the one that is used where there is no bean.
	 * @return a probe over the JDK's client
	 */
	static HealthProbe overHttp() {
		HttpClient client = HttpClient.newHttpClient();
		return (uri) -> Mono
			.fromFuture(
					() -> client.sendAsync(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding()))
			.map((response) -> response.statusCode() == HttpURLConnection.HTTP_OK);
	}

}
