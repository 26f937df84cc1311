package io.github.etcddiscovery.autoconfigure.registration;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryProperties;
import org.junit.jupiter.api.Test;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.env.RandomValuePropertySource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link RegistrationSettings}.
 */
class RegistrationSettingsTests {

	private static final String PREFIX = "spring.cloud.etcd.discovery.";

	private final Map<String, Object> properties = new HashMap<>(Map.of("spring.application.name", "orders"));

	private final StandardEnvironment environment = new StandardEnvironment();

	RegistrationSettingsTests() {
		this.environment.getPropertySources().addFirst(new MapPropertySource("test", this.properties));
		RandomValuePropertySource.addToEnvironment(this.environment);
	}

	private RegistrationSettings bind() {
		return RegistrationSettings.of(Binder.get(this.environment)
			.bindOrCreate(EtcdDiscoveryProperties.PREFIX, EtcdDiscoveryProperties.class), this.environment);
	}

	private RegistrationSettings bindAfter(RegistrationSettings former, String... changed) {
		return bind().withRandomValuesOf(former, new RandomValues(this.environment, List.of(changed)));
	}

	@Test
	void everyRandomValueStaysThatNothingHasChanged() {
		for (String property : List.of("service-name", "instance-id", "host", "zone", "metadata.a",
				"management-metadata.b")) {
			this.properties.put(PREFIX + property, "x-${random.value}");
		}
		this.properties.put(PREFIX + "port", "${random.int(1024,65535)}");
		this.properties.put(PREFIX + "management-port", "${random.int(1024,65535)}");
		this.properties.put("spring.application.name", "${random.value}");
		RegistrationSettings former = bind();
		assertThat(bind()).as("bound again").isNotEqualTo(former);
		assertThat(bindAfter(former)).isEqualTo(former);
		assertThat(bindAfter(former, PREFIX + "secure")).isEqualTo(former);
	}

	@Test
	void whatHasChangedIsTakenAndTheRestStays() {
		this.properties.put(PREFIX + "instance-id", "${random.value}");
		this.properties.put(PREFIX + "metadata.run", "${random.value}");
		this.properties.put(PREFIX + "metadata.team", "a");
		RegistrationSettings former = bind();
		this.properties.put(PREFIX + "metadata.team", "b");
		this.properties.put(PREFIX + "instance-id", "blue");
		RegistrationSettings after = bindAfter(former, PREFIX + "metadata.team", PREFIX + "instance-id");
		assertThat(after.instanceId()).isEqualTo("blue");
		assertThat(after.metadata()).containsEntry("team", "b").containsEntry("run", former.metadata().get("run"));
	}

	@Test
	void newRandomEntryIsTakenAndARemovedOneGoes() {
		this.properties.put(PREFIX + "metadata.old", "${random.value}");
		RegistrationSettings former = bind();
		this.properties.remove(PREFIX + "metadata.old");
		this.properties.put(PREFIX + "metadata.fresh", "${random.value}");
		assertThat(bindAfter(former, PREFIX + "metadata.fresh").metadata()).containsOnlyKeys("fresh");
	}

	@Test
	void everyComponentIsAmongTheRefreshedProperties() {
		assertThat(RegistrationSettings.class.getRecordComponents()).extracting((part) -> part.getName().toLowerCase())
			.filteredOn((name) -> !name.equals("applicationname"))
			.containsExactlyInAnyOrderElementsOf(RegistrationSettings.REFRESHED);
	}

}
