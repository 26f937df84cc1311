package io.github.etcddiscovery.autoconfigure.registration;

import java.util.Map;

import io.github.etcddiscovery.autoconfigure.EtcdClientAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryAutoConfiguration;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdRegistrationCustomizer;
import io.github.etcddiscovery.doubles.EmptyEtcdClient;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cloud.client.serviceregistry.AutoServiceRegistrationAutoConfiguration;
import org.springframework.cloud.commons.util.UtilAutoConfiguration;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link EtcdServiceRegistryAutoConfiguration} and
 * {@link EtcdRegistrationRefreshAutoConfiguration}, without etcd: a client that finds
 * nothing stands in for it.
 */
class EtcdServiceRegistryAutoConfigurationTests {

	private final ApplicationContextRunner withoutEtcd = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(UtilAutoConfiguration.class, EtcdClientAutoConfiguration.class,
				EtcdDiscoveryAutoConfiguration.class, EtcdServiceRegistryAutoConfiguration.class,
				AutoServiceRegistrationAutoConfiguration.class))
		.withPropertyValues("spring.application.name=orders")
		.withBean("userClient", EtcdClient.class, EmptyEtcdClient::new);

	@Test
	void registrationIsRefreshedUnlessItIsTheUsersOwn() {
		ApplicationContextRunner refreshing = this.withoutEtcd
			.withConfiguration(AutoConfigurations.of(EtcdRegistrationRefreshAutoConfiguration.class));
		refreshing.run((context) -> assertThat(context).hasSingleBean(RegistrationRefresher.class));
		refreshing.withPropertyValues("spring.cloud.etcd.discovery.register=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(RegistrationRefresher.class));
		refreshing
			.withBean("ofTheUser", EtcdRegistration.class,
					() -> new EtcdRegistration("orders", null, "h", 1, false, Map.of()))
			.run((context) -> assertThat(context).hasSingleBean(EtcdRegistration.class)
				.doesNotHaveBean(RegistrationRefresher.class));
	}

	@Test
	void withoutSpringCloudContextTheRegistrationIsNotRefreshed() {
		this.withoutEtcd.withConfiguration(AutoConfigurations.of(EtcdRegistrationRefreshAutoConfiguration.class))
			.withClassLoader(new FilteredClassLoader(EnvironmentChangeEvent.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(RegistrationRefresher.class));
	}

	@Test
	void zoneIsAdvertisedAsMetadata() {
		this.withoutEtcd
			.withPropertyValues("spring.cloud.etcd.discovery.zone=eu-1", "spring.cloud.etcd.discovery.metadata.a=b",
					"spring.cloud.etcd.discovery.host=10.0.0.5", "spring.cloud.etcd.discovery.port=8080")
			.run((context) -> {
				ServiceRecord record = context.getBean(EtcdRegistration.class).toRecord();
				assertThat(record.key()).isEqualTo(new InstanceKey("orders", "10.0.0.5:8080"));
				assertThat(record.metadata()).containsEntry("zone", "eu-1").containsEntry("a", "b");
			});
	}

	@Test
	void boundAddressIsAdvertisedIfTheServerListensOnAParticularOne() {
		this.withoutEtcd.withPropertyValues("server.address=127.0.0.9")
			.run((context) -> assertThat(context.getBean(EtcdRegistration.class).getHost()).isEqualTo("127.0.0.9"));
		this.withoutEtcd.withPropertyValues("server.address=0.0.0.0")
			.run((context) -> assertThat(context.getBean(EtcdRegistration.class).getHost()).isNotEqualTo("0.0.0.0"));
	}

	@ParameterizedTest
	@CsvSource({ ",false", "server.ssl.bundle=web,true", "server.ssl.key-store=web.p12,true",
			"server.ssl.bundle=web server.ssl.enabled=false,false",
			"server.ssl.bundle=web spring.cloud.etcd.discovery.secure=false,false",
			"spring.cloud.etcd.discovery.secure=true,true" })
	void portIsAdvertisedAsSecureIfTheWebServerSpeaksTls(String properties, boolean secure) {
		this.withoutEtcd.withPropertyValues((properties != null) ? properties.split(" ") : new String[0])
			.run((context) -> assertThat(context.getBean(EtcdRegistration.class).isSecure()).isEqualTo(secure));
	}

	@Test
	void reasonForTheHostIsShown() {
		this.withoutEtcd.withPropertyValues("spring.cloud.etcd.discovery.host=orders.example")
			.run((context) -> assertThat(context.getBean(EtcdRegistration.class).getHostReason())
				.isEqualTo("spring.cloud.etcd.discovery.host says so"));
	}

	@Test
	void customizersChangeTheRegistrationInTheirOrder() {
		this.withoutEtcd.withUserConfiguration(Customizers.class).run((context) -> {
			PropertiesRegistrationSource source = context.getBean(PropertiesRegistrationSource.class);
			EtcdRegistration registration = source.application();
			source.customize(registration, 0);
			assertThat(registration.getMetadata()).containsEntry("by", "second");
			assertThat(registration.getInstanceId()).isEqualTo("chosen");
			assertThat(registration.getHost()).isEqualTo("lb.example");
			assertThat(registration.getPort()).isEqualTo(443);
			assertThat(registration.isSecure()).isTrue();
			assertThat(registration.getServiceId()).isEqualTo("orders-public");
		});
	}

	/**
	 * Customizers of a user's.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Customizers {

		@Bean
		@Order(2)
		EtcdRegistrationCustomizer second() {
			return (registration) -> {
				registration.getMetadata().put("by", "second");
				registration.setPort(443);
				registration.setSecure(true);
				registration.setServiceId("orders-public");
			};
		}

		@Bean
		@Order(1)
		EtcdRegistrationCustomizer first() {
			return (registration) -> {
				registration.getMetadata().put("by", "first");
				registration.setInstanceId("chosen");
				registration.setHost("lb.example");
			};
		}

	}

}
