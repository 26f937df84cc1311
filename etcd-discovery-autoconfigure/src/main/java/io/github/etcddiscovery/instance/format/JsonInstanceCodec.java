package io.github.etcddiscovery.instance.format;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.jspecify.annotations.Nullable;

/**
 * The project's own format, UTF-8 JSON with the fields {@code serviceId},
 * {@code instanceId}, {@code host}, {@code port}, {@code secure}, {@code status} and
 * {@code metadata}. Host and port are required; unknown fields are ignored, so that later
 * versions can add some; a status this version does not know reads as
 * {@link InstanceStatus#UNKNOWN}.
 */
@Internal
public final class JsonInstanceCodec implements InstanceCodec {

	static final JsonDocuments<Body> BODIES = new JsonDocuments<>(Body.class);

	/** Those that this format has, and no other. */
	private static final Set<String> OWN_FIELDS = Set.of("serviceId", "instanceId");

	@Override
	public String name() {
		return InstanceFormats.DEFAULT;
	}

	@Override
	public boolean recognizes(byte[] value) {
		Set<String> fields = JsonDocuments.fieldsUpTo(OWN_FIELDS, value);
		return isOwn(fields) || (fields.contains("host") && !fields.contains("serviceName")
				&& !fields.containsAll(SkydnsInstanceCodec.FIELDS));
	}

	static boolean isOwn(Set<String> fields) {
		return !Collections.disjoint(fields, OWN_FIELDS);
	}

	@Override
	public byte[] encode(ServiceRecord record) {
		return BODIES.write(new Body(record.key().serviceId(), record.key().instanceId(), record.host(), record.port(),
				record.secure(), record.status().name(), record.metadata()));
	}

	@Override
	public ServiceRecord decode(InstanceKey key, byte[] value) {
		Body body = BODIES.read(value);
		requireSame("serviceId", body.serviceId(), key.serviceId());
		requireSame("instanceId", body.instanceId(), key.instanceId());
		String host = Objects.requireNonNullElse(body.host(), "");
		int port = Objects.requireNonNullElse(body.port(), 0);
		boolean secure = Objects.requireNonNullElse(body.secure(), false);
		return new ServiceRecord(key, host, port, secure, status(body.status()),
				Objects.requireNonNullElse(body.metadata(), Map.of()));
	}

	private static void requireSame(String part, @Nullable String inBody, String inKey) {
		if (inBody != null && !inBody.equals(inKey)) {
			throw new InvalidValueException(part, inBody, "'" + inKey + "', which its key says");
		}
	}

	private static InstanceStatus status(@Nullable String name) {
		if (name == null) {
			return InstanceStatus.UP;
		}
		try {
			return InstanceStatus.of(name);
		}
		catch (IllegalArgumentException ex) {
			return InstanceStatus.UNKNOWN;
		}
	}

	/**
	 * The JSON document.
	 */
	@JsonPropertyOrder({ "serviceId", "instanceId", "host", "port", "secure", "status", "metadata" })
	private record Body(@Nullable String serviceId, @Nullable String instanceId, @Nullable String host,
			@Nullable Integer port, @Nullable Boolean secure, @Nullable String status,
			@Nullable Map<String, String> metadata) {

	}

}
