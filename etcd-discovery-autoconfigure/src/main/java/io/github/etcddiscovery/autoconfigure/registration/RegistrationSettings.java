package io.github.etcddiscovery.autoconfigure.registration;

import java.util.Map;
import java.util.Set;

import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryProperties;
import io.github.etcddiscovery.cloud.registration.WriteAlso;
import org.jspecify.annotations.Nullable;

import org.springframework.core.env.Environment;

/**
 * The values of all properties that define a registration, bound once. Binding them again
 * may give different values: {@code ${random.value}} changes every time.
 */
record RegistrationSettings(@Nullable String applicationName, @Nullable String serviceName, @Nullable String instanceId,
		@Nullable String host, boolean preferIpAddress, IpVersion preferIpVersion, @Nullable Integer port,
		@Nullable Integer managementPort, @Nullable Boolean secure, @Nullable String zone, String format,
		@Nullable WriteAlso writeAlso, Map<String, String> metadata, Map<String, String> managementMetadata) {

	static final String APPLICATION_NAME = "spring.application.name";

	/**
	 * The discovery properties that take effect at a refresh, in the uniform form: lower
	 * case, without hyphens.
	 */
	static final Set<String> REFRESHED = Set.of("servicename", "instanceid", "host", "preferipaddress",
			"preferipversion", "port", "managementport", "secure", "zone", "format", "writealso", "metadata",
			"managementmetadata");

	private static final String PREFIX = EtcdDiscoveryProperties.PREFIX + ".";

	static RegistrationSettings of(EtcdDiscoveryProperties properties, Environment environment) {
		return new RegistrationSettings(environment.getProperty(APPLICATION_NAME), properties.getServiceName(),
				properties.getInstanceId(), properties.getHost(), properties.isPreferIpAddress(),
				IpVersion.of(properties.getPreferIpVersion()), properties.getPort(), properties.getManagementPort(),
				properties.getSecure(), properties.getZone(), properties.getFormat(),
				EtcdRegistrationFactory.writeAlso(properties.getWriteAlso()), Map.copyOf(properties.getMetadata()),
				Map.copyOf(properties.getManagementMetadata()));
	}

	/**
	 * Returns these settings, but keeps a random value of the former settings if none of
	 * the properties it refers to has changed.
	 * @param former the former settings
	 * @param random decides which values are kept
	 */
	RegistrationSettings withRandomValuesOf(RegistrationSettings former, RandomValues random) {
		return new RegistrationSettings(keep(APPLICATION_NAME, former.applicationName, this.applicationName, random),
				keep(PREFIX + "service-name", former.serviceName, this.serviceName, random),
				keep(PREFIX + "instance-id", former.instanceId, this.instanceId, random),
				keep(PREFIX + "host", former.host, this.host, random), this.preferIpAddress, this.preferIpVersion,
				keep(PREFIX + "port", former.port, this.port, random),
				keep(PREFIX + "management-port", former.managementPort, this.managementPort, random), this.secure,
				keep(PREFIX + "zone", former.zone, this.zone, random), this.format, this.writeAlso,
				random.keep(PREFIX + "metadata", former.metadata, this.metadata),
				random.keep(PREFIX + "management-metadata", former.managementMetadata, this.managementMetadata));
	}

	private static <T> @Nullable T keep(String property, @Nullable T former, @Nullable T newer, RandomValues random) {
		return random.stays(property) ? former : newer;
	}

}
