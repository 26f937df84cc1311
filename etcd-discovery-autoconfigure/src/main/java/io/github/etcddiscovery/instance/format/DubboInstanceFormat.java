package io.github.etcddiscovery.instance.format;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import com.fasterxml.jackson.annotation.JsonAlias;
import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InstanceFormat;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.jspecify.annotations.Nullable;

/**
 * The format of Dubbo's application-level registration, its {@code EtcdServiceDiscovery}:
 * {@code {"serviceName":"orders","host":"10.0.0.5","port":20880,"enabled":true,"healthy":true,"metadata":{…}}}.
 * An instance that is not enabled is {@link InstanceStatus#OUT_OF_SERVICE}, one that is
 * not healthy {@link InstanceStatus#DOWN}.
 */
@Internal
public final class DubboInstanceFormat implements InstanceFormat {

	/** As the one for Java writes it, and the one for Go. */
	private static final Set<String> SERVICE_NAME = Set.of("serviceName", "ServiceName");

	static final JsonDocuments<Body> BODIES = new JsonDocuments<>(Body.class);

	@Override
	public String name() {
		return "dubbo";
	}

	@Override
	public boolean recognizes(byte[] value) {
		return !Collections.disjoint(JsonDocuments.fields(value), SERVICE_NAME);
	}

	@Override
	public ServiceRecord decode(InstanceKey key, byte[] value) {
		Body body = BODIES.read(value);
		boolean healthy = Objects.requireNonNullElse(body.healthy(), true);
		boolean enabled = Objects.requireNonNullElse(body.enabled(), true);
		InstanceStatus status = healthy ? InstanceStatus.UP : InstanceStatus.DOWN;
		return new ServiceRecord(key, Objects.requireNonNullElse(body.host(), ""),
				Objects.requireNonNullElse(body.port(), 0), false, enabled ? status : InstanceStatus.OUT_OF_SERVICE,
				Objects.requireNonNullElse(body.metadata(), Map.of()));
	}

	/**
	 * The JSON document.
	 */
	private record Body(@JsonAlias("Host") @Nullable String host, @JsonAlias("Port") @Nullable Integer port,
			@JsonAlias("Enable") @Nullable Boolean enabled, @JsonAlias("Healthy") @Nullable Boolean healthy,
			@JsonAlias("Metadata") @Nullable Map<String, String> metadata) {

	}

}
