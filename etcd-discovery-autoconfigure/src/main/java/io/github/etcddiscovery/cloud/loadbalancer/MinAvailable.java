package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InvalidValueException;

/**
 * The least number of instances to choose from, below which the next zone joins.
 *
 * @param value the number, or the percentage of the registered instances of the first
 * zone that has a registered instance
 * @param isPercentage whether the value is a percentage
 */
@Internal
public record MinAvailable(int value, boolean isPercentage) {

	/** One instance is enough. */
	public static final MinAvailable ONE = new MinAvailable(1, false);

	private static final Pattern TEXT = Pattern.compile("(\\d{1,6})(%?)");

	/**
	 * Reads a property.
	 * @param text a number from 1 to 999,999, or a percentage from 1% to 100%
	 * @throws InvalidValueException if it is neither
	 */
	public static MinAvailable parse(String text) {
		Matcher matcher = TEXT.matcher(text.trim());
		int value = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
		boolean percentage = value > 0 && !matcher.group(2).isEmpty();
		if (value == 0 || (percentage && value > 100)) {
			throw new InvalidValueException("min-available", text,
					"a number of instances such as 2, at least 1, or a percentage from 1% to 100%");
		}
		return new MinAvailable(value, percentage);
	}

	/**
	 * Returns the number of instances.
	 * @param registered how many instances are registered in the zone
	 */
	int forRegistered(int registered) {
		return this.isPercentage ? (int) Math.max(1, ((long) registered * this.value + 99) / 100) : this.value;
	}

}
