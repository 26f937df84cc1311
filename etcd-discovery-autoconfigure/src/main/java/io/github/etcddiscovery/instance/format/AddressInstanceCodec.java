package io.github.etcddiscovery.instance.format;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.ServiceRecord;

/**
 * go-zero's format: the value is {@code host:port}, an IPv6 address in brackets (its
 * {@code core/discov}). There is room for neither status nor metadata.
 */
@Internal
public final class AddressInstanceCodec implements InstanceCodec {

	private static final Pattern LOOKS = Pattern.compile("[^/{\"\\s][^/\\s]*:[0-9]+");

	@Override
	public String name() {
		return "address";
	}

	@Override
	public boolean recognizes(byte[] value) {
		return LOOKS.matcher(new String(value, StandardCharsets.UTF_8)).matches();
	}

	@Override
	public ServiceRecord decode(InstanceKey key, byte[] value) {
		HostAndPort address = HostAndPort.parse(new String(value, StandardCharsets.UTF_8), 0, "host:port");
		return new ServiceRecord(key, address.host(), address.port(), false, InstanceStatus.UP, Map.of());
	}

	@Override
	public byte[] encode(ServiceRecord record) {
		return HostAndPort.formatPlain(record, name()).getBytes(StandardCharsets.UTF_8);
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
