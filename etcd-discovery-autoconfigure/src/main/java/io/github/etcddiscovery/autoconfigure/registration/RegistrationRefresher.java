package io.github.etcddiscovery.autoconfigure.registration;

import java.util.Collection;
import java.util.function.UnaryOperator;

import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryProperties;
import io.github.etcddiscovery.autoconfigure.InvalidProperties;
import io.github.etcddiscovery.cloud.registration.EtcdAutoServiceRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Updates the record in etcd when one of its properties or the address of this machine
 * has changed. Refuses an invalid value and keeps the current record. Logs which changed
 * properties take effect only at the next start.
 */
final class RegistrationRefresher implements ApplicationListener<EnvironmentChangeEvent> {

	private static final Logger logger = LoggerFactory.getLogger(RegistrationRefresher.class);

	private static final ConfigurationPropertyName DISCOVERY = ConfigurationPropertyName
		.of(EtcdDiscoveryProperties.PREFIX);

	/** Remote clusters follow a refresh by themselves. */
	private static final String REMOTES = "remotes";

	private final ConfigurableEnvironment environment;

	private final EtcdAutoServiceRegistration registration;

	private PropertiesRegistrationSource applied;

	/**
	 * Creates the refresher.
	 * @param environment the properties
	 * @param registration the registration to change
	 * @param source the source that created the registration
	 */
	RegistrationRefresher(ConfigurableEnvironment environment, EtcdAutoServiceRegistration registration,
			PropertiesRegistrationSource source) {
		this.environment = environment;
		this.registration = registration;
		this.applied = source;
	}

	@Override
	public void onApplicationEvent(EnvironmentChangeEvent event) {
		warnOfWhatNeedsANewStart(event.getKeys());
		apply((source) -> {
			// Not the bean: the same event rebinds it, possibly after this listener has
			// run.
			EtcdDiscoveryProperties properties = Binder.get(this.environment)
				.bindOrCreate(EtcdDiscoveryProperties.PREFIX, EtcdDiscoveryProperties.class);
			return source.with(RegistrationSettings.of(properties, this.environment)
				.withRandomValuesOf(source.settings(), new RandomValues(this.environment, event.getKeys())));
		});
	}

	/**
	 * Chooses the address again: a machine that was cut off may be in another network.
	 */
	void connectedAgain() {
		apply((source) -> source.with(source.settings()));
	}

	private synchronized void apply(UnaryOperator<PropertiesRegistrationSource> change) {
		try {
			PropertiesRegistrationSource changed = change.apply(this.applied);
			if (!changed.equals(this.applied)) {
				boolean moved = !changed.host().equals(this.applied.host());
				this.registration.change(changed);
				this.applied = changed;
				if (moved) {
					changed.host().log();
				}
			}
		}
		catch (RuntimeException ex) {
			// A refresh concerns other beans too: it must go on.
			logger.error("Staying registered as before, since what {} says now cannot be used: {}. Correct it and"
					+ " refresh again", EtcdDiscoveryProperties.PREFIX, InvalidProperties.describe(ex));
		}
	}

	private static void warnOfWhatNeedsANewStart(Collection<String> keys) {
		for (String key : keys) {
			ConfigurationPropertyName name = ConfigurationPropertyName.adapt(key, '.');
			int index = DISCOVERY.getNumberOfElements();
			if (DISCOVERY.isAncestorOf(name) && !name.getElement(index, Form.UNIFORM).equals(REMOTES)
					&& !RegistrationSettings.REFRESHED.contains(name.getElement(index, Form.UNIFORM))) {
				logger.warn("{} has changed: it takes effect at the next start", key);
			}
		}
	}

}
