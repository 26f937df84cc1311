package io.github.etcddiscovery.autoconfigure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.etcddiscovery.cloud.EtcdRegistration;
import io.github.etcddiscovery.cloud.EtcdRegistrationCustomizer;
import io.github.etcddiscovery.cloud.Registrations;
import io.github.etcddiscovery.cloud.RegistryEntries;
import io.github.etcddiscovery.cloud.WriteAlso;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InvalidValueException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.cloud.commons.util.InetUtils;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Makes what the application registers itself as of its properties, and refuses what
 * could not be registered with the reason.
 */
final class EtcdRegistrationFactory {

	private static final Logger logger = LoggerFactory.getLogger(EtcdRegistrationFactory.class);

	private static final String NAME_PROPERTY = "spring.application.name";

	/** Spring Cloud names it so for other registries too. */
	private static final String MANAGEMENT_SUFFIX = "-management";

	private static final String MANAGEMENT_ADDRESS = "management.server.address";

	private static final String NO_ID_YET = "by-address";

	private final Environment environment;

	private final InetUtils inetUtils;

	private final List<EtcdRegistrationCustomizer> customizers;

	private final RegistryEntries entries;

	EtcdRegistrationFactory(Environment environment, InetUtils inetUtils, List<EtcdRegistrationCustomizer> customizers,
			RegistryEntries entries) {
		this.environment = environment;
		this.inetUtils = inetUtils;
		this.customizers = customizers;
		this.entries = entries;
	}

	/** The application, without its management port. */
	EtcdRegistration create(EtcdDiscoveryProperties properties) {
		AdvertisedHost host = AdvertisedHost.choose(properties, this.environment, this.inetUtils);
		EtcdRegistration registration = new EtcdRegistration(serviceId(properties), instanceId(properties), host.host(),
				Objects.requireNonNullElse(properties.getPort(), 0), isSecure(properties),
				metadata(properties, properties.getMetadata()));
		registration.setHost(host.host(), host.reason());
		registration.setFormat(properties.getFormat());
		registration.setWriteAlso(writeAlso(properties.getWriteAlso()));
		PropertyRules.check(() -> {
			this.entries.check(registration);
			return registration;
		});
		this.customizers.forEach((customizer) -> customizer.customize(registration));
		this.entries.check(registration);
		return registration;
	}

	/** The application, and its management port unless that is not to be registered. */
	Registrations withManagement(EtcdRegistration application, EtcdDiscoveryProperties properties) {
		boolean wanted = this.environment
			.getProperty("spring.cloud.service-registry.auto-registration.register-management", Boolean.class, true);
		return new Registrations(application, wanted ? management(application, properties) : null);
	}

	/**
	 * Whether others reach a server that listens where a property says, given that they
	 * reach the application.
	 */
	boolean isReached(String addressProperty, EtcdRegistration application) {
		AdvertisedHost host = AdvertisedHost.bound(addressProperty, this.environment);
		return host == null || !AdvertisedHost.isLoopback(host.host())
				|| AdvertisedHost.isLoopback(application.getHost());
	}

	/** Returns {@code null} if it could not be reached by others, or not be named. */
	private @Nullable EtcdRegistration management(EtcdRegistration application, EtcdDiscoveryProperties properties) {
		boolean secure = speaksTls("management.server.ssl")
				|| (!isBound("management.server.ssl") && speaksTls("server.ssl"));
		EtcdRegistration registration = new EtcdRegistration(application.getServiceId() + MANAGEMENT_SUFFIX,
				ownInstanceId(application), application.getHost(), 0, secure,
				metadata(properties, properties.getManagementMetadata()));
		registration.setHost(application.getHost(), application.getHostReason());
		if (!isReached(MANAGEMENT_ADDRESS, application)) {
			logger.info("A management port will not be registered: others do not reach what {} says",
					MANAGEMENT_ADDRESS);
			return null;
		}
		AdvertisedHost host = AdvertisedHost.bound(MANAGEMENT_ADDRESS, this.environment);
		if (host != null && !StringUtils.hasText(properties.getHost())) {
			registration.setHost(host.host(), host.reason());
		}
		try {
			this.entries.check(registration);
		}
		catch (InvalidValueException ex) {
			logger.warn("A management port will not be registered: {}", ex.getMessage());
			return null;
		}
		return registration;
	}

	/** Returns {@code null} if it is just the address. */
	private static @Nullable String ownInstanceId(EtcdRegistration application) {
		String id = application.getInstanceId();
		return id.equals(InstanceKey.defaultInstanceId(application.getHost(), application.getPort())) ? null : id;
	}

	private String serviceId(EtcdDiscoveryProperties properties) {
		if (StringUtils.hasText(properties.getServiceName())) {
			return properties.getServiceName();
		}
		String name = this.environment.getProperty(NAME_PROPERTY);
		if (!StringUtils.hasText(name)) {
			throw PropertyRules.invalid("discovery.service-name", "", "Expected a name to register as: set it, or "
					+ NAME_PROPERTY + "; or set spring.cloud.etcd.discovery.register=false.");
		}
		try {
			return new InstanceKey(name, NO_ID_YET).serviceId();
		}
		catch (InvalidValueException ex) {
			throw new InvalidConfigurationPropertyValueException(NAME_PROPERTY, name, "Expected, to register as, "
					+ ex.expected() + "; or another name in spring.cloud.etcd.discovery.service-name.");
		}
	}

	private static @Nullable String instanceId(EtcdDiscoveryProperties properties) {
		return StringUtils.hasText(properties.getInstanceId()) ? properties.getInstanceId() : null;
	}

	/** Returns {@code null} if nothing is said of it. */
	static @Nullable WriteAlso writeAlso(EtcdDiscoveryProperties.WriteAlsoProperties properties) {
		String prefix = Objects.requireNonNullElse(properties.getServicePrefix(), "");
		String format = Objects.requireNonNullElse(properties.getFormat(), "");
		if (prefix.isEmpty() && !format.isEmpty()) {
			throw PropertyRules.invalid("discovery.write-also.service-prefix", "",
					"Expected a key prefix such as /legacy/orders, since spring.cloud.etcd.discovery.write-also.format is"
							+ " set.");
		}
		return prefix.isEmpty() ? null : new WriteAlso(prefix, format);
	}

	private static Map<String, String> metadata(EtcdDiscoveryProperties properties, Map<String, String> own) {
		Map<String, String> metadata = new LinkedHashMap<>(own);
		if (StringUtils.hasText(properties.getZone())) {
			metadata.put("zone", properties.getZone());
		}
		return metadata;
	}

	private boolean isSecure(EtcdDiscoveryProperties properties) {
		return Objects.requireNonNullElseGet(properties.getSecure(), () -> speaksTls("server.ssl"));
	}

	/** As Spring Boot does it: whatever is set up is used unless switched off. */
	private boolean speaksTls(String section) {
		return isBound(section) && this.environment.getProperty(section + ".enabled", Boolean.class, true);
	}

	private boolean isBound(String section) {
		return Binder.get(this.environment).bind(section, Bindable.mapOf(String.class, Object.class)).isBound();
	}

}
