package io.github.etcddiscovery.grpc;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link WeightedPicker}.
 */
class WeightedPickerTests {

	private final AtomicInteger turn = new AtomicInteger();

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100, 997, 1000 })
	void equalWeightsPickEachConnectionOnceARound(int count) {
		WeightedPicker picker = picker(IntStream.generate(() -> 7).limit(count).toArray());
		for (int round = 0; round < 3; round++) {
			assertThat(picks(picker, count)).doesNotHaveDuplicates().hasSize(count);
		}
	}

	@Test
	void eachConnectionIsPickedAsOftenAsItsWeightSays() {
		WeightedPicker picker = picker(1, 1000, 10, 1000);
		List<Integer> picks = picks(picker, 2011);
		assertThat(IntStream.range(0, 4).map((i) -> Collections.frequency(picks, i))).containsExactly(1, 1000, 10,
				1000);
	}

	@Test
	void picksOfOneConnectionAreSpreadOverARound() {
		List<Integer> picks = picks(picker(1, 3), 400);
		for (int i = 0; i + 4 <= picks.size(); i++) {
			assertThat(Collections.frequency(picks.subList(i, i + 4), 0)).as("in any four picks").isEqualTo(1);
		}
	}

	@Test
	void connectionOfMuchWeightIsNotPickedManyTimesInARow() {
		List<Integer> picks = picks(picker(50, 51), 303);
		for (int i = 0; i + 3 <= picks.size(); i++) {
			assertThat(picks.subList(i, i + 3)).as("any three picks").contains(0, 1);
		}
	}

	@Test
	void weightsAreReducedSoThatARoundIsShort() {
		assertThat(picks(picker(500, 1000), 3)).containsExactlyInAnyOrder(0, 1, 1);
	}

	@Test
	void largestWeightsOfManyConnectionsDoNotOverflow() {
		int[] weights = IntStream.range(0, 20_000).map((i) -> (i == 0) ? 999 : 1000).toArray();
		assertThat(picks(picker(weights), 10_000)).allMatch((pick) -> pick >= 0 && pick < 20_000);
	}

	@Test
	void countOfPicksMayOverflow() {
		this.turn.set(Integer.MAX_VALUE - 5);
		assertThat(picks(picker(1, 1, 1), 20)).contains(0, 1, 2);
		this.turn.set(-5);
		assertThat(picks(picker(1, 1, 1), 20)).contains(0, 1, 2);
	}

	private WeightedPicker picker(int... weights) {
		List<PickResult> results = new ArrayList<>();
		for (int i = 0; i < weights.length; i++) {
			results.add(PickResult.withError(Status.ABORTED.withDescription(String.valueOf(i))));
		}
		return new WeightedPicker(results, weights, this.turn);
	}

	private static List<Integer> picks(WeightedPicker picker, int count) {
		PickSubchannelArgs args = mock(PickSubchannelArgs.class);
		return IntStream.range(0, count)
			.mapToObj((i) -> Integer.valueOf(picker.pickSubchannel(args).getStatus().getDescription()))
			.toList();
	}

}
