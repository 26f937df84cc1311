package io.github.etcddiscovery.autoconfigure;

import java.util.Collection;
import java.util.Map;
import java.util.Set;

import io.github.etcddiscovery.cloud.EtcdAutoServiceRegistration;
import io.github.etcddiscovery.cloud.WriteAlso;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;

/**
 * Changes the record in etcd when a property it is made of has changed. What cannot be
 * registered is refused, and all stays as it was; of properties that only a new start can
 * apply it says so.
 */
final class RegistrationRefresher implements ApplicationListener<EnvironmentChangeEvent> {

	private static final Logger logger = LoggerFactory.getLogger(RegistrationRefresher.class);

	private static final ConfigurationPropertyName DISCOVERY = ConfigurationPropertyName
		.of(EtcdDiscoveryProperties.PREFIX);

	/** What a record is made of, in the uniform form: lower case, without hyphens. */
	private static final Set<String> IN_PLACE = Set.of("servicename", "instanceid", "host", "preferipaddress", "port",
			"secure", "zone", "format", "writealso", "metadata", "managementmetadata");

	private final Environment environment;

	private final EtcdRegistrationFactory factory;

	private final EtcdAutoServiceRegistration registration;

	private RecordParts applied;

	RegistrationRefresher(Environment environment, EtcdRegistrationFactory factory,
			EtcdAutoServiceRegistration registration, EtcdDiscoveryProperties properties) {
		this.environment = environment;
		this.factory = factory;
		this.registration = registration;
		this.applied = RecordParts.of(properties, environment);
	}

	@Override
	public synchronized void onApplicationEvent(EnvironmentChangeEvent event) {
		warnOfWhatNeedsANewStart(event.getKeys());
		try {
			// Not the bean: it is bound again by this event too, before or after this.
			EtcdDiscoveryProperties properties = Binder.get(this.environment)
				.bindOrCreate(EtcdDiscoveryProperties.PREFIX, EtcdDiscoveryProperties.class);
			RecordParts changed = RecordParts.of(properties, this.environment);
			if (!changed.equals(this.applied)) {
				this.registration.change(this.factory.withManagement(this.factory.create(properties), properties));
				this.applied = changed;
			}
		}
		catch (RuntimeException ex) {
			// A refresh is of others too: it must go on.
			logger.error("Staying registered as before, since what {} says now cannot be used: {}. Correct it and"
					+ " refresh again", EtcdDiscoveryProperties.PREFIX, PropertyRules.describe(ex));
		}
	}

	private static void warnOfWhatNeedsANewStart(Collection<String> keys) {
		for (String key : keys) {
			ConfigurationPropertyName name = ConfigurationPropertyName.adapt(key, '.');
			int index = DISCOVERY.getNumberOfElements();
			if (DISCOVERY.isAncestorOf(name) && !IN_PLACE.contains(name.getElement(index, Form.UNIFORM))) {
				logger.warn("{} has changed: it takes effect at the next start", key);
			}
		}
	}

	/**
	 * All that a record is made of.
	 */
	private record RecordParts(@Nullable String applicationName, @Nullable String serviceName,
			@Nullable String instanceId, @Nullable String host, boolean preferIpAddress, @Nullable Integer port,
			@Nullable Boolean secure, @Nullable String zone, String format, @Nullable WriteAlso writeAlso,
			Map<String, String> metadata, Map<String, String> managementMetadata) {

		static RecordParts of(EtcdDiscoveryProperties properties, Environment environment) {
			return new RecordParts(environment.getProperty("spring.application.name"), properties.getServiceName(),
					properties.getInstanceId(), properties.getHost(), properties.isPreferIpAddress(),
					properties.getPort(), properties.getSecure(), properties.getZone(), properties.getFormat(),
					EtcdRegistrationFactory.writeAlso(properties.getWriteAlso()), Map.copyOf(properties.getMetadata()),
					Map.copyOf(properties.getManagementMetadata()));
		}

	}

}
