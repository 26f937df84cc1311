package io.github.etcddiscovery.sample;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.cloud.client.serviceregistry.Registration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Says who answers.
 */
@RestController
class HelloController {

	private final String service;

	private final ObjectProvider<Registration> registration;

	HelloController(@Value("${spring.application.name}") String service, ObjectProvider<Registration> registration) {
		this.service = service;
		this.registration = registration;
	}

	@GetMapping("/hello")
	Greeting hello() {
		Registration own = this.registration.getIfAvailable();
		return (own != null) ? new Greeting(own.getServiceId(), String.valueOf(own.getInstanceId()))
				: new Greeting(this.service, "not registered");
	}

}
