package io.github.etcddiscovery.instance.format;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.jspecify.annotations.Nullable;

/**
 * The format of kratos' {@code contrib/registry/etcd}:
 * {@code {"id":…,"name":…,"version":…,"metadata":{…},"endpoints":["http://10.0.0.5:8000?isSecure=false","grpc://10.0.0.5:9000"]}}.
 * The first HTTP endpoint counts; where there is none, the first gRPC one. The port of
 * the first gRPC endpoint, if that is at the same host, is in the metadata as
 * {@code gRPC_port}, the version as {@code version}. The name that is read may be another
 * one than that of the service, because the prefix of a service may be mapped to any
 * name. kratos itself ignores a value with another name than that in its key.
 */
@Internal
public final class KratosInstanceCodec implements InstanceCodec {

	static final JsonDocuments<Body> BODIES = new JsonDocuments<>(Body.class);

	private static final Pattern ENDPOINT = Pattern
		.compile("(https?|grpcs?)://([^/?]+:[0-9]{1,5})/?(?:\\?isSecure=(true|false))?");

	private static final String VERSION = "version";

	private static final String EXPECTED = "http://host:port or grpc://host:port among the endpoints";

	@Override
	public String name() {
		return "kratos";
	}

	@Override
	public boolean recognizes(byte[] value) {
		return JsonDocuments.fields(value).contains("endpoints");
	}

	@Override
	public ServiceRecord decode(InstanceKey key, byte[] value) {
		Body body = BODIES.read(value);
		List<String> endpoints = Objects.requireNonNullElse(body.endpoints(), List.of());
		Matcher http = first("http", endpoints);
		Matcher grpc = first("grpc", endpoints);
		Matcher called = (http != null) ? http : grpc;
		boolean unusable = http == null
				&& endpoints.stream().anyMatch((text) -> String.valueOf(text).startsWith("http"));
		if (called == null || unusable) {
			throw new InvalidValueException("endpoints", endpoints, EXPECTED);
		}
		HostAndPort address = HostAndPort.parse(called.group(2), 0, EXPECTED);
		Map<String, String> metadata = new LinkedHashMap<>(Objects.requireNonNullElse(body.metadata(), Map.of()));
		if (body.version() != null && !body.version().isEmpty()) {
			metadata.putIfAbsent(VERSION, body.version());
		}
		HostAndPort other = (grpc != null) ? HostAndPort.parse(grpc.group(2), 0, EXPECTED) : address;
		if (grpc != null && other.host().equals(address.host())) {
			metadata.putIfAbsent(ServiceRecord.GRPC_PORT, String.valueOf(other.port()));
		}
		boolean secure = called.group(1).endsWith("s") || "true".equals(called.group(3));
		return new ServiceRecord(key, address.host(), address.port(), secure, InstanceStatus.UP, metadata);
	}

	/**
	 * Writes both endpoints: kratos' clients look for the scheme that they speak. A port
	 * that is also {@code gRPC_port} has no HTTP endpoint.
	 */
	@Override
	public byte[] encode(ServiceRecord record) {
		Map<String, String> metadata = record.metadata();
		String port = String.valueOf(record.port());
		String grpcPort = metadata.get(ServiceRecord.GRPC_PORT);
		boolean onlyGrpc = port.equals(grpcPort);
		List<String> endpoints = new ArrayList<>();
		if (!onlyGrpc) {
			endpoints.add((record.secure() ? "https://" : "http://") + HostAndPort.format(record));
		}
		if (grpcPort != null) {
			endpoints.add(((onlyGrpc && record.secure()) ? "grpcs://" : "grpc://") + record.uriHost() + ":" + grpcPort);
		}
		return BODIES.write(new Body(record.key().instanceId(), record.key().serviceId(),
				metadata.getOrDefault(VERSION, ""), metadata, endpoints));
	}

	@Override
	public boolean carriesStatus() {
		return false;
	}

	private static @Nullable Matcher first(String scheme, List<String> endpoints) {
		return endpoints.stream()
			.map((endpoint) -> ENDPOINT.matcher(String.valueOf(endpoint)))
			.filter((matcher) -> matcher.matches() && matcher.group(1).startsWith(scheme))
			.findFirst()
			.orElse(null);
	}

	/**
	 * The JSON document.
	 */
	@JsonPropertyOrder({ "id", "name", "version", "metadata", "endpoints" })
	private record Body(@Nullable String id, @Nullable String name, @Nullable String version,
			@Nullable Map<String, String> metadata, @Nullable List<String> endpoints) {

	}

}
