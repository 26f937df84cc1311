package io.github.etcddiscovery.autoconfigure;

import java.net.URI;
import java.util.Map;

import org.springframework.cloud.client.serviceregistry.AutoServiceRegistration;
import org.springframework.cloud.client.serviceregistry.Registration;
import org.springframework.cloud.client.serviceregistry.ServiceRegistry;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Another registry beside ours, as Eureka's client would be.
 */
@Configuration(proxyBeanMethods = false)
class OtherRegistry {

	@Bean
	AutoServiceRegistration otherAutoServiceRegistration() {
		return new AutoServiceRegistration() {
		};
	}

	@Bean
	Registration otherRegistration() {
		return new OtherRegistration();
	}

	@Bean
	ServiceRegistry<OtherRegistration> otherServiceRegistry() {
		return new ServiceRegistry<>() {

			@Override
			public void register(OtherRegistration registration) {
			}

			@Override
			public void deregister(OtherRegistration registration) {
			}

			@Override
			public void close() {
			}

			@Override
			public void setStatus(OtherRegistration registration, String status) {
			}

			@Override
			public <T> T getStatus(OtherRegistration registration) {
				return null;
			}

		};
	}

	/**
	 * What is registered there.
	 */
	static class OtherRegistration implements Registration {

		@Override
		public String getServiceId() {
			return "other";
		}

		@Override
		public String getHost() {
			return "localhost";
		}

		@Override
		public int getPort() {
			return 1;
		}

		@Override
		public boolean isSecure() {
			return false;
		}

		@Override
		public URI getUri() {
			return URI.create("http://localhost:1");
		}

		@Override
		public Map<String, String> getMetadata() {
			return Map.of();
		}

	}

}
