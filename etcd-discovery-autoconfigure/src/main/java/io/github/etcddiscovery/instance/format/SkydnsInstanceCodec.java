package io.github.etcddiscovery.instance.format;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InstanceWeight;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.KeyText;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.jspecify.annotations.Nullable;

/**
 * The format that CoreDNS' plugin {@code etcd} serves as DNS, after SkyDNS:
 * {@code {"host":"10.0.0.5","port":8080,"priority":10,"weight":1,"ttl":1}}. A key is a
 * DNS name, the top of the domain first:
 * {@code /skydns/local/services/orders/10-0-0-5-8080-3c0e1a9f7b5d2468} is one instance of
 * {@code orders.services.local}.
 * <p>
 * A value says neither the instance id nor whether the port speaks TLS. So it is written
 * for DNS servers, and not read as an instance.
 */
@Internal
public final class SkydnsInstanceCodec implements InstanceCodec {

	static final String NAME = "skydns";

	static final JsonDocuments<Service> SERVICES = new JsonDocuments<>(Service.class);

	/** The fields that this format always has, and no other format has together. */
	static final Set<String> FIELDS = Set.of("host", "priority", "ttl");

	/** What CoreDNS takes for a service without priority. */
	private static final int PRIORITY = 10;

	/**
	 * In seconds, the shortest that CoreDNS does not take for a missing one. Resolvers
	 * keep an address for so long, and an instance that leaves goes on serving for
	 * {@code drain}, a second by default.
	 */
	private static final int TTL = 1;

	/** RFC 1035 allows 63; one of them is a hyphen before the digest. */
	private static final int LONGEST_LABEL = 63;

	/** 64 bits: enough for no two instances to meet by accident. */
	private static final int DIGEST_DIGITS = 16;

	/** The longest DNS name, RFC 1035. */
	private static final int LONGEST_NAME = 253;

	/** CoreDNS looks up the name in lower case. Underscores are in names of services. */
	private static final Pattern PATH = Pattern.compile("/[^/]+(/[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?){2,}/");

	private static final Pattern OTHERS = Pattern.compile("[^a-z0-9]+");

	@Override
	public String name() {
		return NAME;
	}

	@Override
	public boolean recognizes(byte[] value) {
		Set<String> fields = JsonDocuments.fields(value);
		return fields.containsAll(FIELDS) && !JsonInstanceCodec.isOwn(fields);
	}

	@Override
	public byte[] encode(ServiceRecord record) {
		if (!ServiceRecord.isAddress(record.host())) {
			throw new InvalidValueException("host", record.host(),
					"an IP address for format " + NAME + ", since DNS would answer with an alias of a name");
		}
		return SERVICES
			.write(new Service(record.host(), record.port(), PRIORITY, InstanceWeight.of(record.metadata()), TTL));
	}

	@Override
	public ServiceRecord decode(InstanceKey key, byte[] value) {
		Service service = SERVICES.read(value);
		return new ServiceRecord(key, Objects.requireNonNullElse(service.host(), ""),
				Objects.requireNonNullElse(service.port(), 0), false, InstanceStatus.UP, Map.of());
	}

	@Override
	public boolean carriesStatus() {
		return false;
	}

	@Override
	public boolean carriesMetadata() {
		return false;
	}

	@Override
	public boolean isDiscoverable() {
		return false;
	}

	/**
	 * Returns a DNS label for an instance id. A part of it is a digest of the id, so that
	 * ids which look alike as labels, such as {@code 10.0.0.5:80} and
	 * {@code 10-0-0-5:80}, do not get one key.
	 */
	@Override
	public String keyId(String instanceId) {
		String readable = OTHERS.matcher(instanceId.toLowerCase(Locale.ROOT)).replaceAll("-");
		readable = readable.substring(0, Math.min(readable.length(), LONGEST_LABEL - DIGEST_DIGITS - 1));
		String digest = KeyText.digest(instanceId.getBytes(StandardCharsets.UTF_8), DIGEST_DIGITS);
		int begin = readable.startsWith("-") ? 1 : 0;
		int end = readable.endsWith("-") ? readable.length() - 1 : readable.length();
		return (begin < end) ? readable.substring(begin, end) + "-" + digest : digest;
	}

	@Override
	public void checkPrefix(String prefix) {
		int longestName = prefix.length() - prefix.indexOf('/', 1) - 1 + LONGEST_LABEL;
		if (!PATH.matcher(prefix).matches() || longestName > LONGEST_NAME) {
			throw new InvalidValueException("key", prefix,
					"the path of CoreDNS and two or more lower-case DNS labels without dots, the top of the domain first,"
							+ " such as /skydns/local/services/orders, for format " + NAME);
		}
	}

	/**
	 * The JSON document.
	 */
	@JsonPropertyOrder({ "host", "port", "priority", "weight", "ttl" })
	private record Service(@Nullable String host, @Nullable Integer port, @Nullable Integer priority,
			@Nullable Integer weight, @Nullable Integer ttl) {

	}

}
