package io.github.etcddiscovery.actuate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.format.CheckedFormats;

import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.Sanitizer;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;

/**
 * Hides metadata that nobody should see: values whose name says that they are secret, and
 * those that the application's {@link SanitizingFunction} beans hide.
 */
@Internal
public final class MetadataSanitizer {

	private final Sanitizer sanitizer;

	/**
	 * Creates a sanitizer.
	 * @param functions the application's own rules
	 */
	public MetadataSanitizer(List<SanitizingFunction> functions) {
		this.sanitizer = new Sanitizer(functions);
	}

	/**
	 * Hides values.
	 * @param metadata the metadata; not changed
	 * @return a copy in which each hidden value is {@code ******}
	 */
	Map<String, String> sanitize(Map<String, String> metadata) {
		Map<String, String> shown = new LinkedHashMap<>();
		metadata.forEach((name, value) -> {
			boolean secret = CheckedFormats.isSecret(name);
			SanitizableData data = new SanitizableData(null, name, value);
			shown.put(name, String.valueOf(this.sanitizer.sanitize(data, !secret)));
		});
		return shown;
	}

	/**
	 * Leaves out hidden values.
	 * @param metadata the metadata; not changed
	 * @return a copy with the visible values only
	 */
	Map<String, String> visible(Map<String, String> metadata) {
		Map<String, String> visible = sanitize(metadata);
		visible.values().removeIf(SanitizableData.SANITIZED_VALUE::equals);
		return visible;
	}

}
