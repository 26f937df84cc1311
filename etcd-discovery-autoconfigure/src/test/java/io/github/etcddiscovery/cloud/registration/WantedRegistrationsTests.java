package io.github.etcddiscovery.cloud.registration;

import java.util.HashMap;
import java.util.Map;

import io.github.etcddiscovery.instance.InvalidValueException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link WantedRegistrations}.
 */
@ExtendWith(OutputCaptureExtension.class)
class WantedRegistrationsTests {

	private static final AdvertisedPorts SERVER = new AdvertisedPorts(8080, 0, 0);

	private static final AdvertisedPorts BOTH = new AdvertisedPorts(8080, 0, 8081);

	private final Source first = new Source("first");

	private final EtcdRegistration bean = this.first.application();

	private final WantedRegistrations wanted = new WantedRegistrations(new Object(), this.bean, this.first);

	private Map<String, String> metadata() {
		return this.bean.metadataSnapshot();
	}

	private void change(Source source, AdvertisedPorts ports) {
		this.wanted.change(source, ports, (before, after) -> {
		}, () -> {
		});
	}

	@Test
	void registrationHasItsPortsAndWhatCustomizersMadeOfThem() {
		OwnRegistrations registrations = this.wanted.withPorts(BOTH);
		assertThat(registrations.application()).isSameAs(this.bean);
		assertThat(this.bean.getPort()).isEqualTo(8080);
		assertThat(metadata()).containsEntry("seen", "8080, management 8081");
		assertThat(registrations.management().getPort()).isEqualTo(8081);
		assertThat(registrations.management().getMetadata()).containsEntry("seen", "8081");
	}

	@Test
	void managementServerOnThePortOfTheApplicationIsNotRegistered() {
		assertThat(this.wanted.withPorts(SERVER).management()).isNull();
		assertThat(this.wanted.withPorts(new AdvertisedPorts(8080, 0, 8080)).management()).isNull();
		assertThat(metadata()).containsEntry("seen", "8080, management 0");
	}

	@Test
	void managementServerBehindAMappedPortIsNotRegisteredAndCustomizersAreTold(CapturedOutput output) {
		this.first.port = 18080;
		assertThat(this.wanted.withPorts(BOTH).management()).isNull();
		assertThat(metadata()).containsEntry("seen", "18080, management -1");
		assertThat(output).contains("Not registering orders-management: spring.cloud.etcd.discovery.port (18080)");
		this.first.managementPort = 18081;
		assertThat(this.wanted.withPorts(BOTH).management().getPort()).isEqualTo(18081);
		assertThat(metadata()).containsEntry("seen", "18080, management 18081");
	}

	@Test
	void serverThatIsBoundToAnotherPortAfterAStopIsSeenByCustomizersToo() {
		this.wanted.withPorts(SERVER);
		this.wanted.withPorts(new AdvertisedPorts(9090, 0, 0));
		assertThat(this.bean.getPort()).isEqualTo(9090);
		assertThat(metadata()).containsEntry("seen", "9090, management 0");
	}

	@Test
	void changesOfTheApplicationSurviveAnotherSource() {
		this.wanted.withPorts(SERVER);
		this.bean.getMetadata().put("own", "a");
		this.bean.setHost("chosen");
		change(new Source("second"), SERVER);
		assertThat(metadata()).containsEntry("own", "a").containsEntry("source", "second");
		assertThat(this.bean.getHost()).isEqualTo("chosen");
	}

	@Test
	void sourceThatComesBeforeThePortsIsCustomizedWhenTheyAreKnown() {
		change(new Source("second"), new AdvertisedPorts(0, 0, 0));
		assertThat(metadata()).containsEntry("source", "second").doesNotContainKey("seen");
		this.wanted.withPorts(SERVER);
		assertThat(metadata()).containsEntry("seen", "8080, management 0");
	}

	@Test
	void refusedChangeLeavesEverythingAsItWas() {
		this.wanted.withPorts(SERVER);
		Map<String, String> before = metadata();
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> this.wanted.change(new Source("second"), SERVER, (former, changed) -> {
				assertThat(former.application().getMetadata()).containsEntry("source", "first");
				assertThat(changed.application().getMetadata()).containsEntry("source", "second");
				throw new InvalidValueException("host", "h", "another");
			}, () -> {
			}));
		assertThat(metadata()).isEqualTo(before);
		this.wanted.withPorts(SERVER);
		assertThat(metadata()).containsEntry("source", "first");
	}

	@Test
	void sourceThatIsReplacedByACustomizerDoesNotCount() {
		this.first.whenCustomized = () -> change(new Source("second"), SERVER);
		this.wanted.withPorts(SERVER);
		assertThat(metadata()).containsEntry("source", "second").containsEntry("seen", "8080, management 0");
	}

	@Test
	void registrationOfTheUsersStaysAsItIs() {
		EtcdRegistration own = new EtcdRegistration("own", null, "h", 0, false, Map.of("a", "b"));
		this.first.given = true;
		WantedRegistrations registrations = new WantedRegistrations(new Object(), own, this.first);
		registrations.withPorts(SERVER);
		assertThat(own.getServiceId()).isEqualTo("own");
		assertThat(own.getMetadata()).containsEntry("a", "b").doesNotContainKey("source");
		assertThat(own.getPort()).isEqualTo(8080);
	}

	/**
	 * Marks what it creates, and notes what it customizes.
	 */
	private static final class Source implements RegistrationSource {

		private final String name;

		private int port;

		private int managementPort;

		private boolean given;

		private Runnable whenCustomized = () -> {
		};

		Source(String name) {
			this.name = name;
		}

		@Override
		public EtcdRegistration application() {
			return this.given ? null : new EtcdRegistration("orders", null, "h", this.port, false,
					new HashMap<>(Map.of("source", this.name)));
		}

		@Override
		public void customize(EtcdRegistration application, int managementPort) {
			if (!this.given) {
				application.getMetadata().put("seen", application.getPort() + ", management " + managementPort);
			}
			Runnable once = this.whenCustomized;
			this.whenCustomized = () -> {
			};
			once.run();
		}

		@Override
		public int managementPort() {
			return this.managementPort;
		}

		@Override
		public EtcdRegistration management(EtcdRegistration application) {
			return new EtcdRegistration("orders-management", null, "h", this.managementPort, false, Map.of());
		}

		@Override
		public void customizeManagement(EtcdRegistration management) {
			management.getMetadata().put("seen", String.valueOf(management.getPort()));
		}

	}

}
