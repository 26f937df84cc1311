package io.github.etcddiscovery.autoconfigure.registration;

import java.util.List;
import java.util.Set;

import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryProperties;
import io.github.etcddiscovery.cloud.registration.EtcdAutoServiceRegistration;
import io.github.etcddiscovery.cloud.registration.RecordEncoder;
import io.github.etcddiscovery.instance.AllowedNetworks;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.instance.format.InstanceFormats;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.ArgumentCaptor;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.commons.util.InetUtils;
import org.springframework.cloud.commons.util.InetUtilsProperties;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;

/**
 * Tests of {@link RegistrationRefresher}.
 */
@ExtendWith(OutputCaptureExtension.class)
class RegistrationRefresherTests {

	private static final String HOST = EtcdDiscoveryProperties.PREFIX + ".host";

	private static final String ZONE = EtcdDiscoveryProperties.PREFIX + ".zone";

	private final MockEnvironment environment = new MockEnvironment().withProperty("spring.application.name", "orders")
		.withProperty(HOST, "10.0.0.5")
		.withProperty(ZONE, "a");

	private final EtcdAutoServiceRegistration registration = mock(EtcdAutoServiceRegistration.class);

	private RegistrationRefresher refresher;

	@BeforeEach
	void create() {
		EtcdDiscoveryProperties properties = Binder.get(this.environment)
			.bindOrCreate(EtcdDiscoveryProperties.PREFIX, EtcdDiscoveryProperties.class);
		RecordEncoder encoder = new RecordEncoder(new KeyLayout(properties.getPrefix()),
				new CheckedFormats(InstanceFormats.with(List.of()), AllowedNetworks.of(properties.getAllowedNetworks()),
						properties.isAllowSecretMetadata()));
		this.refresher = new RegistrationRefresher(this.environment, this.registration,
				new EtcdRegistrationFactory(this.environment, new InetUtils(new InetUtilsProperties()), List.of(),
						encoder)
					.source(RegistrationSettings.of(properties, this.environment)));
	}

	private void change(String property, String value) {
		this.environment.setProperty(property, value);
		this.refresher.onApplicationEvent(new EnvironmentChangeEvent(Set.of(property)));
	}

	private PropertiesRegistrationSource changed() {
		ArgumentCaptor<PropertiesRegistrationSource> source = ArgumentCaptor
			.forClass(PropertiesRegistrationSource.class);
		then(this.registration).should().change(source.capture());
		return source.getValue();
	}

	@Test
	void changedPropertyChangesTheRegistrationOnce() {
		change(ZONE, "b");
		assertThat(changed().application().getMetadata()).containsEntry("zone", "b");
		change(ZONE, "b");
		then(this.registration).should(times(1)).change(any());
	}

	@Test
	void otherPropertiesChangeNothing(CapturedOutput output) {
		change("server.shutdown", "immediate");
		then(this.registration).should(never()).change(any());
		assertThat(output).isEmpty();
	}

	@Test
	void newHostIsLoggedWithItsReason(CapturedOutput output) {
		change(ZONE, "b");
		assertThat(output).doesNotContain("Advertising host");
		change(HOST, "10.0.0.6");
		assertThat(output).contains("Advertising host 10.0.0.6: spring.cloud.etcd.discovery.host says so");
	}

	@Test
	void valueThatCannotBeUsedLeavesEverythingAndIsTriedAgain(CapturedOutput output) {
		willThrow(new IllegalStateException("not now")).given(this.registration).change(any());
		change(ZONE, "b");
		assertThat(output).contains("Staying registered as before").contains("not now");
		change(ZONE, "b");
		then(this.registration).should(times(2)).change(any());
	}

	@Test
	void propertyThatNeedsANewStartIsWarnedOf(CapturedOutput output) {
		change(EtcdDiscoveryProperties.PREFIX + ".ttl", "20s");
		assertThat(output).contains("spring.cloud.etcd.discovery.ttl has changed: it takes effect at the next start");
		change(ZONE, "b");
		change(EtcdDiscoveryProperties.PREFIX + ".write-also.format", "json");
		change(EtcdDiscoveryProperties.PREFIX + ".remotes.us.prefix", "/other");
		assertThat(output).doesNotContain("zone has changed")
			.doesNotContain("write-also.format has changed")
			.doesNotContain("remotes.us.prefix has changed");
	}

	@Test
	void connectionThatIsBackChangesTheRegistrationOnlyIfTheAddressIsAnother() {
		this.refresher.connectedAgain();
		then(this.registration).should(never()).change(any());
	}

	@Test
	void connectionThatIsBackInAnotherNetworkChangesTheAddress() {
		this.environment.setProperty("server.address", "10.7.7.7");
		change(HOST, "");
		assertThat(changed().host().host()).isEqualTo("10.7.7.7");
		this.environment.setProperty("server.address", "10.8.8.8");
		this.refresher.connectedAgain();
		then(this.registration).should(times(2)).change(any());
	}

}
