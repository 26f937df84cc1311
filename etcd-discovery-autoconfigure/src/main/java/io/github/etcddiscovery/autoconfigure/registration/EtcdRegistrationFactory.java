package io.github.etcddiscovery.autoconfigure.registration;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryProperties;
import io.github.etcddiscovery.autoconfigure.InvalidProperties;
import io.github.etcddiscovery.cloud.ManagementServices;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdRegistrationCustomizer;
import io.github.etcddiscovery.cloud.registration.RegistrationSource;
import io.github.etcddiscovery.cloud.registration.RecordEncoder;
import io.github.etcddiscovery.cloud.registration.WriteAlso;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;
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

	private static final String NAME_PROPERTY = RegistrationSettings.APPLICATION_NAME;

	private static final String MANAGEMENT_ADDRESS = "management.server.address";

	private static final String NO_ID_YET = "by-address";

	private final Environment environment;

	private final InetUtils inetUtils;

	private final List<EtcdRegistrationCustomizer> customizers;

	private final RecordEncoder encoder;

	private final ActuatorMetadata actuator;

	private final Set<String> warnedOf = ConcurrentHashMap.newKeySet();

	EtcdRegistrationFactory(Environment environment, InetUtils inetUtils, List<EtcdRegistrationCustomizer> customizers,
			RecordEncoder encoder) {
		this.environment = environment;
		this.inetUtils = inetUtils;
		this.customizers = customizers;
		this.encoder = encoder;
		this.actuator = new ActuatorMetadata(environment);
	}

	/** Chooses the host, and returns a source of registrations. */
	PropertiesRegistrationSource source(RegistrationSettings settings) {
		Integer managementPort = settings.managementPort();
		if (managementPort != null && (managementPort < 0 || managementPort > 65_535)) {
			throw InvalidProperties.invalid("discovery.management-port", managementPort,
					"Expected a port between 1 and 65535.");
		}
		return new PropertiesRegistrationSource(this, settings,
				AdvertisedHost.choose(settings, this.environment, this.inetUtils));
	}

	/** Makes the registration of the application. Its port need not be known yet. */
	EtcdRegistration application(RegistrationSettings settings, AdvertisedHost host) {
		EtcdRegistration registration = new EtcdRegistration(serviceId(settings), instanceId(settings), host.host(),
				Objects.requireNonNullElse(settings.port(), 0), isSecure(settings),
				metadata(settings, settings.metadata()));
		registration.setHost(host.host(), host.reason());
		registration.setFormat(settings.format());
		registration.setWriteAlso(settings.writeAlso());
		InvalidProperties.check(() -> {
			this.encoder.check(registration);
			return registration;
		});
		warnOfAnUncallableName(registration.getServiceId());
		return registration;
	}

	/** An underscore is legal in a key and in a service name, but in no URI. */
	private void warnOfAnUncallableName(String serviceId) {
		try {
			if (new URI("http://" + serviceId).getHost() == null && this.warnedOf.add(serviceId)) {
				logger
					.warn("No HTTP client can call {} by its name, because http://{}/ is not a valid URI: register under a"
							+ " name of letters, digits, hyphens and dots in spring.cloud.etcd.discovery.service-name",
							serviceId, serviceId);
			}
		}
		catch (URISyntaxException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** Adds where the actuator is, and lets the user change everything. */
	void customize(EtcdRegistration application, RegistrationSettings settings, int managementPort) {
		boolean reached = managementPort == 0
				|| (managementPort != RegistrationSource.NOT_REACHED && isManagementReached(application, settings));
		if (reached) {
			this.actuator.describe(application, managementPort, isManagementSecure());
		}
		this.customizers.forEach((customizer) -> customizer.customize(application));
		this.encoder.check(application);
	}

	/** Lets the user change the registration of the management server. */
	void customizeManagement(EtcdRegistration management) {
		this.customizers.forEach((customizer) -> customizer.customizeManagement(management));
		this.encoder.check(management);
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

	/**
	 * Makes the registration of the management server.
	 * @return the registration, {@code null} if it is switched off, if other machines
	 * could not reach it, or if it has no valid name
	 */
	@Nullable EtcdRegistration management(EtcdRegistration application, RegistrationSettings settings) {
		if (!this.environment.getProperty("spring.cloud.service-registry.auto-registration.register-management",
				Boolean.class, true)) {
			return null;
		}
		Map<String, String> metadata = new LinkedHashMap<>(metadata(settings, settings.managementMetadata()));
		metadata.put(ServiceRecord.MANAGEMENT_OF, application.getServiceId());
		EtcdRegistration registration = new EtcdRegistration(application.getServiceId() + ManagementServices.SUFFIX,
				ownInstanceId(application), application.getHost(),
				Objects.requireNonNullElse(settings.managementPort(), 0), isManagementSecure(), metadata);
		registration.setHost(application.getHost(), application.getHostReason());
		if (!isManagementReached(application, settings)) {
			if (this.warnedOf.add(MANAGEMENT_ADDRESS)) {
				logger.info(
						"Not registering {}: other machines do not reach {}. Set"
								+ " spring.cloud.etcd.discovery.management-port if they do",
						registration.getServiceId(), MANAGEMENT_ADDRESS);
			}
			return null;
		}
		AdvertisedHost host = AdvertisedHost.bound(MANAGEMENT_ADDRESS, this.environment);
		if (host != null && !StringUtils.hasText(settings.host())) {
			registration.setHost(host.host(), host.reason());
		}
		try {
			this.encoder.check(registration);
		}
		catch (InvalidValueException ex) {
			logger.warn("A management port will not be registered: {}", ex.getMessage());
			return null;
		}
		return registration;
	}

	/**
	 * A configured port is one that other machines reach, whatever address the server is
	 * bound to.
	 */
	private boolean isManagementReached(EtcdRegistration application, RegistrationSettings settings) {
		return Objects.requireNonNullElse(settings.managementPort(), 0) != 0
				|| isReached(MANAGEMENT_ADDRESS, application);
	}

	/** Returns {@code null} if it is just the address. */
	private static @Nullable String ownInstanceId(EtcdRegistration application) {
		String id = application.getInstanceId();
		return id.equals(InstanceKey.defaultInstanceId(application.getHost(), application.getPort())) ? null : id;
	}

	private String serviceId(RegistrationSettings settings) {
		if (StringUtils.hasText(settings.serviceName())) {
			return settings.serviceName();
		}
		String name = settings.applicationName();
		if (!StringUtils.hasText(name)) {
			throw InvalidProperties.invalid("discovery.service-name", "", "Expected a name to register as: set it, or "
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

	private static @Nullable String instanceId(RegistrationSettings settings) {
		return StringUtils.hasText(settings.instanceId()) ? settings.instanceId() : null;
	}

	/** Returns {@code null} if nothing is said of it. */
	static @Nullable WriteAlso writeAlso(EtcdDiscoveryProperties.WriteAlsoProperties properties) {
		String prefix = Objects.requireNonNullElse(properties.getServicePrefix(), "");
		String format = Objects.requireNonNullElse(properties.getFormat(), "");
		if (prefix.isEmpty() && !format.isEmpty()) {
			throw InvalidProperties.invalid("discovery.write-also.service-prefix", "",
					"Expected a key prefix such as /legacy/orders, since spring.cloud.etcd.discovery.write-also.format is"
							+ " set.");
		}
		return prefix.isEmpty() ? null : new WriteAlso(prefix, format);
	}

	private static Map<String, String> metadata(RegistrationSettings settings, Map<String, String> own) {
		Map<String, String> metadata = new LinkedHashMap<>(own);
		if (StringUtils.hasText(settings.zone())) {
			metadata.put("zone", settings.zone());
		}
		return metadata;
	}

	private boolean isSecure(RegistrationSettings settings) {
		return Objects.requireNonNullElseGet(settings.secure(), () -> speaksTls("server.ssl"));
	}

	/** Where the management server has no TLS settings, it has those of the server. */
	private boolean isManagementSecure() {
		return speaksTls("management.server.ssl") || (!isBound("management.server.ssl") && speaksTls("server.ssl"));
	}

	/** As Spring Boot does it: whatever is set up is used unless switched off. */
	private boolean speaksTls(String section) {
		return isBound(section) && this.environment.getProperty(section + ".enabled", Boolean.class, true);
	}

	private boolean isBound(String section) {
		return Binder.get(this.environment).bind(section, Bindable.mapOf(String.class, Object.class)).isBound();
	}

}
