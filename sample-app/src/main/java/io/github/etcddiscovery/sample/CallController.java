package io.github.etcddiscovery.sample;

import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientException;
import reactor.core.publisher.Mono;

/**
 * Calls a service through the load balancer, with each of Spring's clients.
 */
@RestController
class CallController {

	private static final String HELLO = "http://{service}/hello";

	private final RestTemplate restTemplate;

	private final RestClient restClient;

	private final WebClient webClient;

	CallController(RestTemplate restTemplate, RestClient.Builder restClient, WebClient.Builder webClient) {
		this.restTemplate = restTemplate;
		this.restClient = restClient.build();
		this.webClient = webClient.build();
	}

	@GetMapping("/call/rest-template/{service}")
	Greeting callWithRestTemplate(@PathVariable String service) {
		return this.restTemplate.getForObject(HELLO, Greeting.class, service);
	}

	@GetMapping("/call/rest-client/{service}")
	Greeting callWithRestClient(@PathVariable String service) {
		return this.restClient.get().uri(HELLO, service).retrieve().body(Greeting.class);
	}

	@GetMapping("/call/web-client/{service}")
	Mono<Greeting> callWithWebClient(@PathVariable String service) {
		return this.webClient.get().uri(HELLO, service).retrieve().bodyToMono(Greeting.class);
	}

	/** The service called, not this one, is at fault; say so in one sentence. */
	@ExceptionHandler({ IllegalArgumentException.class, RestClientException.class, WebClientException.class })
	ProblemDetail failed(Exception failure) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_GATEWAY,
				"The service cannot be called: " + failure.getMessage());
	}

}
