package io.github.etcddiscovery.cloud;

import java.net.URI;

import reactor.core.publisher.Mono;

import org.springframework.beans.factory.ListableBeanFactory;

/**
 * Asks whether an instance is well: by an HTTP request that has to be answered with 200.
 */
@FunctionalInterface
public interface HealthProbe {

	/**
	 * Asks.
	 * @param uri where to ask
	 * @return whether the answer is 200; may fail instead of saying that it is not
	 */
	Mono<Boolean> isWell(URI uri);

	/**
	 * Finds what to ask with, so that the TLS set-up of the application counts: a
	 * {@code WebClient.Builder}, {@code RestClient} or {@code RestTemplate} bean that is
	 * not load-balanced, in this order; the JDK's client if there is none.
	 * @param beans where to look for beans, parents included
	 * @return the probe
	 */
	static HealthProbe of(ListableBeanFactory beans) {
		return HealthProbes.find(beans);
	}

}
