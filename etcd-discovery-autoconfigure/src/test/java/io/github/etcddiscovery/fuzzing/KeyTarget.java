package io.github.etcddiscovery.fuzzing;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.KeyRange;
import io.github.etcddiscovery.instance.KeyText;
import io.github.etcddiscovery.instance.format.InstanceFormats;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Any key: it is refused, or is the one key of the instance that it says.
 */
public final class KeyTarget {

	private static final KeyLayout LAYOUT = new KeyLayout("/services", Map.of("stock", "/elsewhere"));

	private static final InstanceCodec DNS = InstanceFormats.with(List.of()).codec("skydns");

	private KeyTarget() {
	}

	/** Called by the fuzzer. */
	public static void fuzzerTestOneInput(byte[] input) {
		String key = KeyText.decode(input);
		assertThat(KeyText.encode(key)).isEqualTo(input);
		LAYOUT.ranges().forEach((range) -> {
			isAccepted(key, range);
			isAccepted(range.prefix() + key, range);
		});
	}

	/** Whether a key is let in; checks which instance it names. */
	static boolean isAccepted(String key) {
		return isAccepted(key, LAYOUT.ranges().get(0));
	}

	private static boolean isAccepted(String key, KeyRange range) {
		if (range.isElsewhere(key)) {
			return false;
		}
		InstanceKey instance;
		try {
			instance = range.parse(key);
		}
		catch (InvalidValueException ex) {
			return false;
		}
		assertThat(LAYOUT.format(instance)).isEqualTo(key);
		assertThat(DNS.keyId(instance.instanceId())).matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
		assertThat(KeyText.encode(key)).isEqualTo(key.getBytes(StandardCharsets.UTF_8));
		return true;
	}

}
