package io.github.etcddiscovery.instance.format;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;

/**
 * go-kit's format: the value is {@code http://host:port} or {@code https://host:port}, as
 * the documentation of its {@code sd/etcdv3} has it. There is room for neither status nor
 * metadata. A URL with a path is refused: requests would go without it.
 */
@Internal
public final class UrlInstanceCodec implements InstanceCodec {

	private static final Pattern URL = Pattern.compile("(?i)(http|https)://([^/]+)/?");

	private static final String EXPECTED = "http://host:port or https://host:port";

	@Override
	public String name() {
		return "url";
	}

	@Override
	public boolean recognizes(byte[] value) {
		String text = new String(value, 0, Math.min(value.length, 8), StandardCharsets.ISO_8859_1);
		return text.regionMatches(true, 0, "http://", 0, 7) || text.equalsIgnoreCase("https://");
	}

	@Override
	public ServiceRecord decode(InstanceKey key, byte[] value) {
		return decode(key, new String(value, StandardCharsets.UTF_8), Map.of());
	}

	static ServiceRecord decode(InstanceKey key, String url, Map<String, String> metadata) {
		Matcher matcher = URL.matcher(url);
		if (!matcher.matches()) {
			throw new InvalidValueException("record", url, EXPECTED);
		}
		boolean secure = matcher.group(1).equalsIgnoreCase("https");
		HostAndPort address = HostAndPort.parse(matcher.group(2), secure ? 443 : 80, EXPECTED);
		return new ServiceRecord(key, address.host(), address.port(), secure, InstanceStatus.UP, metadata);
	}

	@Override
	public byte[] encode(ServiceRecord record) {
		return ((record.secure() ? "https://" : "http://") + HostAndPort.format(record))
			.getBytes(StandardCharsets.UTF_8);
	}

	@Override
	public boolean carriesStatus() {
		return false;
	}

	@Override
	public boolean carriesMetadata() {
		return false;
	}

}
