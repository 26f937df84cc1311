package io.github.etcddiscovery.autoconfigure;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InvalidValueException;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.NestedExceptionUtils;

/**
 * Says which property an invalid value came from.
 */
@Internal
public final class InvalidProperties {

	private static final String ETCD = "spring.cloud.etcd.";

	private static final String DISCOVERY = "discovery.";

	/** A password before a host, or the beginning of a PEM document. */
	private static final Pattern SECRET = Pattern.compile(":[^@]*@|-----BEGIN");

	/** A user, or a token, before the host of an endpoint. */
	private static final Pattern USER = Pattern.compile("@|%40");

	/** Properties whose names differ from what the rooms below call the value. */
	private static final Map<String, String> NAMES = Map.of("service id", "service-name", "instance id", "instance-id",
			"key", "prefix");

	private InvalidProperties() {
	}

	/**
	 * Creates something of the values of discovery properties.
	 * @param creation creates it
	 * @return what was created
	 * @throws InvalidConfigurationPropertyValueException if a value breaks the rules
	 */
	public static <T> T check(Supplier<T> creation) {
		return check((ex) -> NAMES.getOrDefault(ex.part(), ex.part()), creation);
	}

	/**
	 * Creates something of the values of one discovery property.
	 * @param property the property's name after {@code spring.cloud.etcd.discovery.}
	 * @param creation creates it
	 * @return what was created
	 * @throws InvalidConfigurationPropertyValueException if a value breaks the rules
	 */
	public static <T> T check(String property, Supplier<T> creation) {
		return check((ex) -> property, creation);
	}

	private static <T> T check(Function<InvalidValueException, String> property, Supplier<T> creation) {
		try {
			return creation.get();
		}
		catch (InvalidValueException ex) {
			throw invalid(DISCOVERY + property.apply(ex), ex.value(), "Expected " + ex.expected() + ".");
		}
	}

	/**
	 * Creates the exception that ends the start.
	 * @param property the property's name after {@code spring.cloud.etcd.}
	 * @param value its value
	 * @param reason what was expected, a sentence
	 */
	public static RuntimeException invalid(String property, Object value, String reason) {
		String text = String.valueOf(value);
		if (SECRET.matcher(text).find() || (property.endsWith("endpoints") && USER.matcher(text).find())) {
			return new SecretValueException(ETCD + property, reason);
		}
		return new InvalidConfigurationPropertyValueException(ETCD + property, value, reason);
	}

	/**
	 * Returns a duration that has to be more than 0.
	 * @param property the property's name after {@code spring.cloud.etcd.}
	 * @param value its value
	 * @return the value
	 * @throws InvalidConfigurationPropertyValueException if it is 0 or less
	 */
	public static Duration requirePositive(String property, Duration value) {
		if (value.isZero() || value.isNegative()) {
			throw invalid(property, value, "Expected more than 0.");
		}
		return value;
	}

	/**
	 * Says in a sentence what is wrong with a value, as the start's failure analysis
	 * does.
	 * @param failure what was thrown
	 */
	public static String describe(RuntimeException failure) {
		if (failure instanceof InvalidConfigurationPropertyValueException invalid) {
			return "'%s' is '%s'. %s".formatted(invalid.getName(), invalid.getValue(), invalid.getReason())
				.replaceFirst("\\.$", "");
		}
		if (failure instanceof BindException bind && bind.getTarget().getType().resolve(Object.class).isEnum()
				&& bind.getProperty() != null) {
			return "'%s' is '%s'. Expected one of %s".formatted(bind.getName(), bind.getProperty().getValue(),
					Arrays.toString(bind.getTarget().getType().resolve(Object.class).getEnumConstants())
						.toLowerCase(Locale.ROOT));
		}
		Throwable root = NestedExceptionUtils.getMostSpecificCause(failure);
		return String.valueOf((failure instanceof BindException bind)
				? "'%s': %s".formatted(bind.getName(), root.getMessage()) : failure.getMessage());
	}

}
