package io.github.etcddiscovery.instance;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;

/**
 * An immutable map of a few texts, in the order given. A view of 100,000 instances holds
 * as many of them. A map of four entries takes 104 bytes on a 64-bit JVM with compressed
 * references. As a {@code LinkedHashMap} it would take 328 bytes. A lookup is a linear
 * search.
 */
@Internal
public final class SmallMap extends AbstractMap<String, String> {

	/** Name, value, name, value, … */
	private final String[] texts;

	private SmallMap(String[] texts) {
		this.texts = texts;
	}

	/**
	 * Copies a map. Equal texts of up to 64 characters are mostly the same object in all
	 * copies.
	 * @param map the map, without {@code null}
	 * @return the copy
	 */
	public static Map<String, String> copyOf(Map<String, String> map) {
		String[] texts = new String[2 * map.size()];
		int next = 0;
		for (Map.Entry<String, String> entry : map.entrySet()) {
			texts[next++] = SharedText.of(entry.getKey());
			texts[next++] = SharedText.of(entry.getValue());
		}
		return Collections.unmodifiableMap(new SmallMap(texts));
	}

	@Override
	public int size() {
		return this.texts.length / 2;
	}

	@Override
	public @Nullable String get(@Nullable Object name) {
		int index = indexOf(name);
		return (index >= 0) ? this.texts[index + 1] : null;
	}

	@Override
	public boolean containsKey(@Nullable Object name) {
		return indexOf(name) >= 0;
	}

	private int indexOf(@Nullable Object name) {
		for (int i = 0; i < this.texts.length; i += 2) {
			if (this.texts[i].equals(name)) {
				return i;
			}
		}
		return -1;
	}

	@Override
	public Set<Entry<String, String>> entrySet() {
		return new AbstractSet<>() {

			@Override
			public Iterator<Entry<String, String>> iterator() {
				return new Entries();
			}

			@Override
			public int size() {
				return SmallMap.this.size();
			}

		};
	}

	/**
	 * The iterator over the entries.
	 */
	private final class Entries implements Iterator<Entry<String, String>> {

		private int next;

		@Override
		public boolean hasNext() {
			return this.next < SmallMap.this.texts.length;
		}

		@Override
		public Entry<String, String> next() {
			if (!hasNext()) {
				throw new NoSuchElementException();
			}
			String name = SmallMap.this.texts[this.next++];
			return Map.entry(name, SmallMap.this.texts[this.next++]);
		}

	}

}
