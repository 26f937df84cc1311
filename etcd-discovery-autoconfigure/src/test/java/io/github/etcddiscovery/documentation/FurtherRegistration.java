package io.github.etcddiscovery.documentation;

import java.util.Map;

import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;

record FurtherRegistration(EtcdServiceRegistry registry) {

	void register() {
		this.registry
			.register(new EtcdRegistration("orders-v2", null, "10.0.0.5", 8080, false, Map.of("zone", "eu-1")));
	}

}
