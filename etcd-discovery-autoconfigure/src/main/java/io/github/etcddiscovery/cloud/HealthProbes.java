package io.github.etcddiscovery.cloud;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.Optional;

import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.util.ClassUtils;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Health probes over the HTTP clients that an application has. Each stands in a class of
 * its own, since what it needs may not be on the class path.
 */
final class HealthProbes {

	private static final int OK = 200;

	private HealthProbes() {
	}

	static HealthProbe find(ListableBeanFactory beans) {
		Optional<HealthProbe> probe = Optional.empty();
		if (isPresent("org.springframework.web.reactive.function.client.WebClient")) {
			probe = Reactive.find(beans);
		}
		if (probe.isEmpty() && isPresent("org.springframework.web.client.RestClient")) {
			probe = Blocking.find(beans);
		}
		return probe.orElseGet(HealthProbes::plain);
	}

	private static boolean isPresent(String type) {
		return ClassUtils.isPresent(type, HealthProbes.class.getClassLoader());
	}

	/** A load-balanced client would ask any instance but the one that is meant. */
	private static <T> Optional<T> unbalanced(ListableBeanFactory beans, Class<T> type) {
		return Arrays.stream(BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beans, type))
			.filter((name) -> beans.findAnnotationOnBean(name, LoadBalanced.class) == null)
			.findFirst()
			.map((name) -> beans.getBean(name, type));
	}

	private static HealthProbe plain() {
		HttpClient client = HttpClient.newHttpClient();
		return (uri) -> Mono
			.fromFuture(
					() -> client.sendAsync(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding()))
			.map((response) -> response.statusCode() == OK);
	}

	/**
	 * Over WebClient.
	 */
	private static final class Reactive {

		private Reactive() {
		}

		static Optional<HealthProbe> find(ListableBeanFactory beans) {
			return unbalanced(beans, WebClient.Builder.class).map((builder) -> {
				WebClient client = builder.build();
				return (uri) -> client.get()
					.uri(uri)
					.exchangeToMono(
							(response) -> response.releaseBody().thenReturn(response.statusCode().value() == OK));
			});
		}

	}

	/**
	 * Over RestClient or RestTemplate, which block.
	 */
	private static final class Blocking {

		private Blocking() {
		}

		static Optional<HealthProbe> find(ListableBeanFactory beans) {
			return unbalanced(beans, RestClient.class)
				.or(() -> unbalanced(beans, RestTemplate.class).map(RestClient::create))
				.map((client) -> (uri) -> Mono
					.fromCallable(
							() -> client.get().uri(uri).retrieve().toBodilessEntity().getStatusCode().value() == OK)
					.subscribeOn(Schedulers.boundedElastic()));
		}

	}

}
