package io.github.etcddiscovery.documentation;

import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdRegistrationCustomizer;

import org.springframework.stereotype.Component;

@Component
class TeamCustomizer implements EtcdRegistrationCustomizer {

	@Override
	public void customize(EtcdRegistration registration) {
		registration.getMetadata().put("docs", "http://wiki.example/" + registration.getServiceId());
	}

	@Override
	public void customizeManagement(EtcdRegistration registration) {
		registration.getMetadata().put("scrape", String.valueOf(registration.getPort()));
	}

}
