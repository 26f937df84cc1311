package io.github.etcddiscovery.instance.format;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.jspecify.annotations.Nullable;

/**
 * The format of etcd's own naming for gRPC clients, {@code client/v3/naming/endpoints}
 * and, up to etcd 3.4, {@code clientv3/naming}:
 * {@code {"Op":0,"Addr":"10.0.0.5:9090","Metadata":null}}. Metadata may be anything: of
 * an object its text, numbers and truth values are read. There is room for no status. Who
 * reads it speaks gRPC, so if the record has a port of its own for that, it is the one.
 */
@Internal
public final class GrpcInstanceCodec implements InstanceCodec {

	static final JsonDocuments<Update> UPDATES = new JsonDocuments<>(Update.class);

	/** Adds an address; the other one there is takes it away, and is not stored. */
	private static final int ADD = 0;

	@Override
	public String name() {
		return "grpc";
	}

	@Override
	public boolean recognizes(byte[] value) {
		return JsonDocuments.fields(value).contains("Addr");
	}

	@Override
	public ServiceRecord decode(InstanceKey key, byte[] value) {
		Update update = UPDATES.read(value);
		if (Objects.requireNonNullElse(update.op(), ADD) != ADD) {
			throw new InvalidValueException("Op", String.valueOf(update.op()), "0, which adds an address");
		}
		HostAndPort address = HostAndPort.parse(Objects.requireNonNullElse(update.address(), ""), 0,
				"host:port as Addr");
		return new ServiceRecord(key, address.host(), address.port(), false, InstanceStatus.UP,
				texts(update.metadata()));
	}

	private static Map<String, String> texts(@Nullable Object metadata) {
		Map<String, String> texts = new LinkedHashMap<>();
		if (metadata instanceof Map<?, ?> object) {
			object.forEach((name, value) -> {
				if (value instanceof String || value instanceof Number || value instanceof Boolean) {
					texts.put(String.valueOf(name), value.toString());
				}
			});
		}
		return texts;
	}

	@Override
	public byte[] encode(ServiceRecord record) {
		String grpcPort = record.metadata().get(ServiceRecord.GRPC_PORT);
		// Whether that port speaks TLS nobody says: its callers have credentials of their
		// own.
		String address = (grpcPort != null) ? record.uriHost() + ":" + grpcPort
				: HostAndPort.formatPlain(record, name());
		return UPDATES.write(new Update(ADD, address, record.metadata().isEmpty() ? null : record.metadata()));
	}

	@Override
	public boolean carriesStatus() {
		return false;
	}

	/**
	 * The JSON document.
	 */
	@JsonPropertyOrder({ "Op", "Addr", "Metadata" })
	private record Update(@JsonProperty("Op") @Nullable Integer op, @JsonProperty("Addr") @Nullable String address,
			@JsonProperty("Metadata") @Nullable Object metadata) {

	}

}
