package io.github.etcddiscovery.actuate;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;

import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;

/**
 * Info {@code etcd}: as what this application registers itself.
 */
@Internal
public class EtcdInfoContributor implements InfoContributor {

	private final EtcdRegistration registration;

	private final MetadataSanitizer sanitizer;

	/**
	 * Creates the contributor.
	 * @param registration what this application registers of itself
	 * @param sanitizer hides secret metadata
	 */
	public EtcdInfoContributor(EtcdRegistration registration, MetadataSanitizer sanitizer) {
		this.registration = registration;
		this.sanitizer = sanitizer;
	}

	@Override
	public void contribute(Info.Builder builder) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("service", this.registration.getServiceId());
		details.put("instance", this.registration.getInstanceId());
		details.put("status", this.registration.getStatus());
		details.put("metadata", this.sanitizer.sanitize(this.registration.metadataSnapshot()));
		builder.withDetail("etcd", details);
	}

}
