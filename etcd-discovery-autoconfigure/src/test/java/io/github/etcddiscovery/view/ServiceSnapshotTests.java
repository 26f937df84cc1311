package io.github.etcddiscovery.view;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link CatalogWriter}, {@link ViewCatalog} and {@link Catalog}.
 */
class ServiceSnapshotTests {

	@Test
	void listsAreSortedByIdAndFiltered() {
		ServiceSnapshot<Integer> snapshot = empty().with(Map.of("b", 2, "a", 1)).with(Map.of("c", 3));
		assertThat(snapshot.all()).containsExactly(1, 2, 3);
		assertThat(snapshot.available()).containsExactly(2);
	}

	@Test
	void listsStayTheSameUntilSomethingChanges() {
		ServiceSnapshot<Integer> snapshot = empty().with(Map.of("a", 2));
		assertThat(snapshot.available()).isSameAs(snapshot.available()).isUnmodifiable();
		assertThat(snapshot.with(Map.of("a", 4)).available()).containsExactly(4);
		assertThat(snapshot.available()).containsExactly(2);
	}

	@ParameterizedTest
	@ValueSource(longs = { 1, 2, 3, 4, 5 })
	void anySequenceOfChangesGivesWhatAMapHolds(long seed) {
		Random random = new Random(seed);
		TreeMap<String, Integer> model = new TreeMap<>();
		ServiceSnapshot<Integer> snapshot = empty();
		for (int i = 0; i < 3_000; i++) {
			Map<String, Integer> changes = new HashMap<>();
			for (int change = random.nextInt(4); change >= 0; change--) {
				String id = "id-" + random.nextInt(50);
				changes.put(id, random.nextBoolean() ? random.nextInt(100) : null);
			}
			changes.forEach((id, value) -> {
				if (value == null) {
					model.remove(id);
				}
				else {
					model.put(id, value);
				}
			});
			snapshot = snapshot.with(changes);
			// Read seldom, so that differences pile up, beyond the depth that the writer
			// allows.
			if (random.nextInt(i < 2_000 ? 20 : 100_000) == 0) {
				assertHolds(snapshot, model);
			}
		}
		assertHolds(snapshot, model);
	}

	private static void assertHolds(ServiceSnapshot<Integer> snapshot, TreeMap<String, Integer> model) {
		assertThat(snapshot.all()).isEqualTo(new ArrayList<>(model.values()));
		List<Integer> even = model.values().stream().filter((value) -> value % 2 == 0).toList();
		assertThat(snapshot.available()).isEqualTo(even);
	}

	private static ServiceSnapshot<Integer> empty() {
		return ServiceSnapshot.empty((value) -> value % 2 == 0);
	}

}
