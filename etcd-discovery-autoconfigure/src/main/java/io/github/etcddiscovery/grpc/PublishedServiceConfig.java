package io.github.etcddiscovery.grpc;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

import io.github.etcddiscovery.cloud.InstanceMetadata;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.support.LimitedLog;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.NameResolver.ServiceConfigParser;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

import org.springframework.boot.json.JsonParseException;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.cloud.client.ServiceInstance;

/**
 * The service config that the instances of one service publish in their metadata
 * {@code gRPC_service_config}: the text that most of them have, where having none counts
 * as a text. A text that gRPC does not accept is ignored, and the last good one stays in
 * use. Belongs to the synchronization context of the channel.
 */
final class PublishedServiceConfig {

	/** The name that the project grpc-spring uses with other registries, too. */
	private static final String METADATA = "gRPC_service_config";

	/**
	 * Some policies look up addresses elsewhere, so the client alone chooses the policy.
	 */
	private static final Set<String> LOAD_BALANCING = Set.of("loadBalancingConfig", "loadBalancingPolicy");

	private final String serviceId;

	private final ServiceConfigParser parser;

	private final LimitedLog log;

	private @Nullable String text;

	private @Nullable ConfigOrError config;

	PublishedServiceConfig(String serviceId, ServiceConfigParser parser, LimitedLog log) {
		this.serviceId = serviceId;
		this.parser = parser;
		this.log = log;
	}

	/**
	 * Returns the service config for a channel to these instances, {@code null} if there
	 * is none.
	 */
	@Nullable ConfigOrError of(List<ServiceInstance> instances) {
		String published = mostFrequent(instances);
		if (!Objects.equals(published, this.text)) {
			this.text = published;
			this.config = (published != null) ? parse(published) : null;
		}
		return this.config;
	}

	/** With a tie, the text in use stays. */
	private @Nullable String mostFrequent(List<ServiceInstance> instances) {
		Map<@Nullable String, Integer> counts = new LinkedHashMap<>();
		counts.put(this.text, 0);
		instances.forEach((instance) -> counts.merge(published(instance), 1, Integer::sum));
		return counts.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey).orElse(null);
	}

	private static @Nullable String published(ServiceInstance instance) {
		return InstanceMetadata.of(instance).get(METADATA);
	}

	/** Returns the config before this one if gRPC does not accept the text. */
	private @Nullable ConfigOrError parse(String text) {
		try {
			Map<String, ?> config = asGrpcReadsIt(text);
			config.keySet().removeAll(LOAD_BALANCING);
			ConfigOrError parsed = this.parser.parseServiceConfig(config);
			if (parsed.getError() == null) {
				return parsed;
			}
		}
		catch (JsonParseException ex) {
			// Not JSON is not acceptable either.
		}
		this.log.log(Level.WARN, this.serviceId, METADATA,
				() -> new InvalidValueException("metadata " + METADATA + " of " + this.serviceId, text,
						"a service config as JSON that gRPC for Java accepts")
					.getMessage());
		return this.config;
	}

	private static Map<String, ?> asGrpcReadsIt(String text) {
		Map<String, @Nullable Object> config = new LinkedHashMap<>();
		// Spring Boot's parser makes null of the document null.
		Map<String, Object> parsed = Optional.ofNullable(JsonParserFactory.getJsonParser().parseMap(text))
			.orElseThrow(JsonParseException::new);
		parsed.forEach((name, value) -> config.put(name, convert(value)));
		return config;
	}

	/** gRPC knows numbers as {@code double} only. */
	private static @Nullable Object convert(@Nullable Object value) {
		if (value instanceof Number number) {
			return number.doubleValue();
		}
		if (value instanceof List<?> list) {
			return list.stream().map(PublishedServiceConfig::convert).toList();
		}
		if (value instanceof Map<?, ?> map) {
			Map<Object, @Nullable Object> converted = new LinkedHashMap<>();
			map.forEach((name, nested) -> converted.put(name, convert(nested)));
			return converted;
		}
		return value;
	}

}
