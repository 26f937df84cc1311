package io.github.etcddiscovery.instance.format;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InstanceFormat;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.jspecify.annotations.Nullable;

/**
 * The format of Kitex' {@code registry-etcd}:
 * {@code {"network":"tcp","address":"10.0.0.5:8888","weight":10,"tags":{…}}}. The tags
 * become metadata. A weight greater than 0 becomes metadata {@code weight}.
 */
@Internal
public final class KitexInstanceFormat implements InstanceFormat {

	static final JsonDocuments<Body> BODIES = new JsonDocuments<>(Body.class);

	/** The fields that Kitex always writes and no other format has together. */
	private static final Set<String> FIELDS = Set.of("network", "address");

	private static final String WEIGHT = "weight";

	@Override
	public String name() {
		return "kitex";
	}

	@Override
	public boolean recognizes(byte[] value) {
		return JsonDocuments.fields(value).containsAll(FIELDS);
	}

	@Override
	public ServiceRecord decode(InstanceKey key, byte[] value) {
		Body body = BODIES.read(value);
		HostAndPort address = HostAndPort.parse(Objects.requireNonNullElse(body.address(), ""), 0, "host:port");
		Map<String, String> metadata = new LinkedHashMap<>(Objects.requireNonNullElse(body.tags(), Map.of()));
		int weight = Objects.requireNonNullElse(body.weight(), 0);
		if (weight > 0) {
			metadata.putIfAbsent(WEIGHT, String.valueOf(weight));
		}
		return new ServiceRecord(key, address.host(), address.port(), false, InstanceStatus.UP, metadata);
	}

	/**
	 * The JSON document.
	 */
	private record Body(@Nullable String address, @Nullable Integer weight, @Nullable Map<String, String> tags) {

	}

}
