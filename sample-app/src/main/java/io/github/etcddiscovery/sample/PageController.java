package io.github.etcddiscovery.sample;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

import io.github.etcddiscovery.actuate.EtcdPageEndpoint;

import org.springframework.core.io.ClassPathResource;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Shows the page of the actuator endpoint {@code etcdpage}, with a section of this
 * sample's own: calls through the load balancer. An application of yours needs nothing of
 * this: the page is at {@code /actuator/etcdpage} once that is switched on.
 */
@RestController
class PageController {

	private final String page;

	PageController(EtcdPageEndpoint endpoint) throws IOException {
		this.page = endpoint.page()
			.replace("<head>", "<head><base href=\"actuator/\">")
			.replace("<!-- sections of the application -->", read("calls.html"))
			.replace("<!-- scripts of the application -->", read("calls-script.html"));
	}

	private static String read(String name) throws IOException {
		return new ClassPathResource(name).getContentAsString(StandardCharsets.UTF_8);
	}

	@GetMapping(path = "/", produces = MediaType.TEXT_HTML_VALUE)
	String page() {
		return this.page;
	}

}
