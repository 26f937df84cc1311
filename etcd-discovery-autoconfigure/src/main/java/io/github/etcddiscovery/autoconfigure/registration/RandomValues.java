package io.github.etcddiscovery.autoconfigure.registration;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.PlaceholdersResolver;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.PropertySource;

/**
 * Decides which values a refresh keeps. A value is kept if it contains a
 * {@code ${random…}} placeholder, directly or through another placeholder, and none of
 * the properties it refers to has changed. Otherwise an instance would get a new id at
 * every refresh.
 */
final class RandomValues {

	private static final String RANDOM = "random.";

	private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([^${}:]+)");

	private final ConfigurableEnvironment environment;

	private final Set<String> changed;

	/** Returns values with their placeholders. */
	private final Binder raw;

	/**
	 * Creates it for one refresh.
	 * @param environment the environment after the refresh
	 * @param changed the names of the properties that have changed
	 */
	RandomValues(ConfigurableEnvironment environment, Collection<String> changed) {
		this.environment = environment;
		this.changed = changed.stream().map(RandomValues::uniform).collect(Collectors.toSet());
		this.raw = new Binder(ConfigurationPropertySources.get(environment), PlaceholdersResolver.NONE);
	}

	/**
	 * Whether the refresh keeps the former value of a property.
	 * @param property the full name of the property
	 */
	boolean stays(String property) {
		return isKept(property, this.raw.bind(property, String.class).orElse(null));
	}

	/**
	 * Returns the new entries of a map. An entry that the refresh keeps has its former
	 * value.
	 * @param property the full name of the property
	 * @param former the entries before the refresh
	 * @param newer the entries after it
	 */
	Map<String, String> keep(String property, Map<String, String> former, Map<String, String> newer) {
		Map<String, String> raw = this.raw.bind(property, Bindable.mapOf(String.class, String.class)).orElse(Map.of());
		Map<String, String> kept = new LinkedHashMap<>(newer);
		kept.replaceAll((entry,
				value) -> isKept(property + "." + entry, raw.get(entry)) && !hasChanged(property + "[" + entry + "]")
						? former.getOrDefault(entry, value) : value);
		return Map.copyOf(kept);
	}

	private boolean isKept(String property, @Nullable String text) {
		Set<String> parts = new HashSet<>();
		collect(text, parts);
		return parts.stream().anyMatch((part) -> part.startsWith(RANDOM)) && !hasChanged(property)
				&& parts.stream().noneMatch(this::hasChanged);
	}

	/** Collects the names of all properties that a text is made of. */
	private void collect(@Nullable String text, Set<String> parts) {
		if (text != null) {
			PLACEHOLDER.matcher(text).results().map((match) -> match.group(1)).filter(parts::add).forEach((name) -> {
				if (!name.startsWith(RANDOM)) {
					collect(rawValue(name), parts);
				}
			});
		}
	}

	private @Nullable String rawValue(String name) {
		for (PropertySource<?> source : this.environment.getPropertySources()) {
			Object value = source.getProperty(name);
			if (value != null) {
				return value.toString();
			}
		}
		return null;
	}

	private boolean hasChanged(String property) {
		return this.changed.contains(uniform(property));
	}

	private static String uniform(String property) {
		return ConfigurationPropertyName.adapt(property, '.').toString().replace("-", "");
	}

}
