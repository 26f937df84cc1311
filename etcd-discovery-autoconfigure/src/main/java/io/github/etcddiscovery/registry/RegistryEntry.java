package io.github.etcddiscovery.registry;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * A key and value that are to be in etcd as long as this process lives.
 *
 * @param key the key, not empty
 * @param value the value, not empty; not to be changed afterwards
 * @param farewell the value put just before the key is deleted on leaving, so that others
 * can tell leaving from vanishing; {@code null} for none
 * @param predecessor whether a value found under the key was written by an earlier run of
 * this same instance, which may be replaced
 */
public record RegistryEntry(String key, byte[] value, byte @Nullable [] farewell, Predicate<byte[]> predecessor) {

	/**
	 * Checks that nothing is missing.
	 * @throws NoKeyException if the key is empty
	 * @throws NoValueException if the value is empty
	 */
	public RegistryEntry {
		if (key.isEmpty()) {
			throw new NoKeyException();
		}
		if (value.length == 0) {
			throw new NoValueException(key);
		}
	}

	/**
	 * Returns an entry as go-kit's {@code Service} is one: just a key and a value. An
	 * earlier run of the same instance is recognised by the same value.
	 * @param key the key, not empty
	 * @param value the value, not empty
	 * @return the entry
	 */
	public static RegistryEntry of(String key, String value) {
		byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
		return new RegistryEntry(key, bytes, null, (found) -> Arrays.equals(found, bytes));
	}

	/** Whether a value may be replaced; one that cannot be read is somebody else's. */
	boolean replaces(byte[] value) {
		try {
			return this.predecessor.test(value);
		}
		catch (RuntimeException ex) {
			return false;
		}
	}

}
