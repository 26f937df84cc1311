package io.github.etcddiscovery.instance;

import org.jspecify.annotations.Nullable;

/**
 * A value that breaks the rules. The message names the part it was given for, the value
 * and what was expected; whatever stands in etcd may end in a log through it, so the
 * value is cut and escaped.
 */
public class InvalidValueException extends IllegalArgumentException {

	private static final int LONGEST_VALUE = 100;

	private final String part;

	private final Object value;

	private final String expected;

	/**
	 * Creates the exception.
	 * @param part what the value was given for, for example {@code port}
	 * @param value the value found
	 * @param expected what was expected, in words
	 */
	public InvalidValueException(String part, Object value, String expected) {
		this(part, value, expected, null);
	}

	/**
	 * Creates the exception.
	 * @param part what the value was given for, for example {@code port}
	 * @param value the value found
	 * @param expected what was expected, in words
	 * @param cause why the value cannot be read, {@code null} if that is clear
	 */
	public InvalidValueException(String part, Object value, String expected, @Nullable Throwable cause) {
		super("Invalid %s '%s': expected %s".formatted(part, PlainText.of(String.valueOf(value), LONGEST_VALUE),
				expected), cause);
		this.part = part;
		this.value = value;
		this.expected = expected;
	}

	/**
	 * Returns what the value was given for.
	 * @return the part, in words
	 */
	public String part() {
		return this.part;
	}

	/**
	 * Returns the value found, as it was found.
	 * @return the value
	 */
	public Object value() {
		return this.value;
	}

	/**
	 * Returns what was expected.
	 * @return what was expected, in words
	 */
	public String expected() {
		return this.expected;
	}

}
