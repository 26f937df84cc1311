package io.github.etcddiscovery.autoconfigure.registration;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryProperties;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdRegistrationCustomizer;
import io.github.etcddiscovery.cloud.registration.RecordEncoder;
import io.github.etcddiscovery.cloud.registration.WriteAlso;
import io.github.etcddiscovery.instance.AllowedNetworks;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.instance.format.InstanceFormats;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.commons.util.InetUtils;
import org.springframework.cloud.commons.util.InetUtilsProperties;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link EtcdRegistrationFactory}.
 */
@ExtendWith(OutputCaptureExtension.class)
class EtcdRegistrationFactoryTests {

	private final MockEnvironment environment = new MockEnvironment().withProperty("spring.application.name", "orders");

	private final EtcdDiscoveryProperties properties = new EtcdDiscoveryProperties();

	private EtcdRegistrationFactory factory(EtcdRegistrationCustomizer... customizers) {
		this.properties.setHost("10.0.0.5");
		RecordEncoder encoder = new RecordEncoder(new KeyLayout(this.properties.getPrefix()),
				new CheckedFormats(InstanceFormats.with(List.of()),
						AllowedNetworks.of(this.properties.getAllowedNetworks()),
						this.properties.isAllowSecretMetadata()));
		return new EtcdRegistrationFactory(this.environment, new InetUtils(new InetUtilsProperties()),
				List.of(customizers), encoder);
	}

	private PropertiesRegistrationSource source(EtcdRegistrationCustomizer... customizers) {
		return factory(customizers).source(RegistrationSettings.of(this.properties, this.environment));
	}

	private EtcdRegistration management() {
		PropertiesRegistrationSource source = source();
		return source.management(source.application());
	}

	@ParameterizedTest(name = "server {0}, management {1}: {2}")
	@CsvSource({ ",, false", "server.ssl.bundle=a,, true",
			"server.ssl.bundle=a, management.server.ssl.enabled=false, false", ", management.server.ssl.bundle=a, true",
			"server.ssl.enabled=false,, false", "server.ssl.bundle=a, management.server.ssl.bundle=b, true" })
	void managementServerIsSecureAsItsOwnPropertiesSayOrElseAsTheServerIs(String server, String management,
			boolean secure) {
		Stream.of(server, management).filter((property) -> property != null).forEach((property) -> {
			String[] pair = property.split("=");
			this.environment.setProperty(pair[0], pair[1]);
		});
		assertThat(management().isSecure()).isEqualTo(secure);
	}

	@Test
	void managementServerIsMarkedAndNamedAfterTheApplication() {
		this.properties.setManagementMetadata(Map.of("team", "a"));
		this.properties.setManagementPort(18081);
		EtcdRegistration management = management();
		assertThat(management.getServiceId()).isEqualTo("orders-management");
		assertThat(management.getMetadata()).containsOnly(Map.entry("management_of", "orders"), Map.entry("team", "a"));
		assertThat(management.getInstanceId()).isEqualTo("10.0.0.5:18081");
	}

	@Test
	void chosenInstanceIdIsThatOfTheManagementServerToo() {
		this.properties.setInstanceId("blue");
		assertThat(management().getInstanceId()).isEqualTo("blue");
	}

	@Test
	void managementServerCanBeLeftOut() {
		this.environment.setProperty("spring.cloud.service-registry.auto-registration.register-management", "false");
		assertThat(management()).isNull();
	}

	@Test
	void managementServerWhoseNameWouldBeTooLongIsLeftOutWithTheReason(CapturedOutput output) {
		this.environment.setProperty("spring.application.name", "o".repeat(120));
		assertThat(management()).isNull();
		assertThat(output).contains("A management port will not be registered: Invalid service id");
	}

	@Test
	void managementServerOnLoopbackIsNotDescribedForOthers() {
		this.environment.setProperty("management.server.address", "127.0.0.1");
		PropertiesRegistrationSource source = source();
		EtcdRegistration application = source.application();
		source.customize(application, 8081);
		assertThat(application.getMetadata()).isEmpty();
	}

	@Test
	void managementServerOnLoopbackIsLeftOutUnlessItsPortIsConfigured(CapturedOutput output) {
		this.environment.setProperty("management.server.address", "127.0.0.1");
		PropertiesRegistrationSource source = source();
		assertThat(source.management(source.application())).isNull();
		assertThat(source.management(source.application())).isNull();
		assertThat(output.toString().split("Not registering orders-management", -1)).hasSize(2);
		this.properties.setManagementPort(18081);
		PropertiesRegistrationSource mapped = source();
		EtcdRegistration application = mapped.application();
		assertThat(mapped.management(application).getPort()).isEqualTo(18081);
		mapped.customize(application, 18081);
		assertThat(application.getMetadata()).containsEntry("management.port", "18081");
	}

	@Test
	void customizersComeAfterTheProperties() {
		this.properties.setMetadata(Map.of("team", "a"));
		PropertiesRegistrationSource source = source((registration) -> registration.getMetadata().put("team", "b"));
		EtcdRegistration application = source.application();
		assertThat(application.getMetadata()).containsEntry("team", "a");
		source.customize(application, 0);
		assertThat(application.getMetadata()).containsEntry("team", "b");
	}

	@Test
	void customizerThatBreaksTheRulesIsRefusedWithTheValue() {
		PropertiesRegistrationSource source = source((registration) -> registration.setHost("user@evil"));
		EtcdRegistration application = source.application();
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> source.customize(application, 0))
			.withMessageContaining("Invalid host 'user@evil'");
		PropertiesRegistrationSource other = source(new EtcdRegistrationCustomizer() {
			@Override
			public void customize(EtcdRegistration registration) {
			}

			@Override
			public void customizeManagement(EtcdRegistration registration) {
				registration.setServiceId("a b");
			}
		});
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> other.customizeManagement(other.management(other.application())))
			.withMessageContaining("Invalid service id 'a b'");
	}

	@Test
	void nameThatNoHttpClientCanCallIsWarnedOfOnce(CapturedOutput output) {
		this.environment.setProperty("spring.application.name", "my_orders");
		PropertiesRegistrationSource source = source();
		source.application();
		source.application();
		assertThat(output.toString().split("No HTTP client can call my_orders by its name", -1)).hasSize(2);
		assertThat(output).contains("spring.cloud.etcd.discovery.service-name");
	}

	@ParameterizedTest
	@ValueSource(strings = { "orders", "orders.v2", "Orders-2", "o" })
	void nameThatCanBeCalledIsNotWarnedOf(String name, CapturedOutput output) {
		this.environment.setProperty("spring.application.name", name);
		source().application();
		assertThat(output).doesNotContain("No HTTP client");
	}

	@Test
	void applicationHasFormatsAndReasonsOfItsProperties() {
		this.properties.setFormat("url");
		this.properties.getWriteAlso().setServicePrefix("/legacy/orders");
		this.properties.getWriteAlso().setFormat("json");
		EtcdRegistration application = source().application();
		assertThat(application.getFormat()).isEqualTo("url");
		assertThat(application.getWriteAlso()).isEqualTo(new WriteAlso("/legacy/orders", "json"));
		assertThat(application.getHostReason()).isEqualTo("spring.cloud.etcd.discovery.host says so");
	}

	@Test
	void secondRecordHasAPrefix() {
		this.properties.getWriteAlso().setFormat("json");
		isRefused("discovery.write-also.service-prefix", "Expected a key prefix such as /legacy/orders");
		this.properties.getWriteAlso().setFormat(null);
		assertThat(source().application().getWriteAlso()).isNull();
	}

	private void isRefused(String property, String reason) {
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class)
			.isThrownBy(() -> source().application())
			.satisfies((ex) -> {
				assertThat(ex.getName()).isEqualTo("spring.cloud.etcd." + property);
				assertThat(ex.getReason()).contains(reason);
			});
	}

	@Test
	void serviceNameWinsOverTheNameOfTheApplication() {
		this.properties.setServiceName("orders-eu");
		assertThat(source().application().getServiceId()).isEqualTo("orders-eu");
	}

	@Test
	void applicationWithoutANameIsRefused() {
		this.environment.setProperty("spring.application.name", "");
		isRefused("discovery.service-name", "Expected a name to register as");
	}

	@Test
	void registrationThatCannotBeWrittenIsRefusedAtOnce() {
		this.properties.setMetadata(Map.of("password", "x"));
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class)
			.isThrownBy(() -> source().application());
	}

	@ParameterizedTest
	@ValueSource(ints = { -1, 65_536 })
	void managementPortIsAPort(int port) {
		this.properties.setManagementPort(port);
		isRefused("discovery.management-port", "Expected a port between 1 and 65535.");
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 65_535 })
	void everyPortCanBeThatOfTheManagementServer(int port) {
		this.properties.setManagementPort(port);
		assertThat(management().getPort()).isEqualTo(port);
	}

	@Test
	void managementServerOnAnAddressOfItsOwnAdvertisesThat() {
		PropertiesRegistrationSource onAll = source();
		assertThat(onAll.management(onAll.application()).getHostReason()).contains("discovery.host");
		this.environment.setProperty("management.server.address", "10.9.9.9");
		assertThat(management().getHost()).as("host is set").isEqualTo("10.0.0.5");
		this.environment.setProperty("server.address", "10.0.0.5");
		EtcdRegistrationFactory factory = factory();
		this.properties.setHost(null);
		PropertiesRegistrationSource source = factory
			.source(RegistrationSettings.of(this.properties, this.environment));
		assertThat(source.management(source.application()).getHost()).isEqualTo("10.9.9.9");
	}

}
