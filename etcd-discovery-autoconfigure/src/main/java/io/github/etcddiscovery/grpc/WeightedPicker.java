package io.github.etcddiscovery.grpc;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.SubchannelPicker;

/**
 * Picks the connections in turn, each as often as its weight says. All weights are laid
 * side by side, and each pick is one stride further. The stride is coprime to the sum of
 * the weights, so that within as many picks as that sum every place is met once: with
 * equal weights, each connection once a round. It is near the golden section of the sum,
 * so that picks of one connection are not next to each other. Safe to use from any
 * thread.
 */
final class WeightedPicker extends SubchannelPicker {

	private static final double GOLDEN_SECTION = (Math.sqrt(5) - 1) / 2;

	private final PickResult[] results;

	/** Where the part of each connection ends. */
	private final int[] ends;

	private final int sum;

	private final int stride;

	private final AtomicInteger turn;

	/**
	 * Creates a picker.
	 * @param results a result for each connection, at least one
	 * @param weights the weight of each, greater than 0; their sum is an {@code int}
	 * @param turn counts the picks, of this picker and of those before it
	 */
	WeightedPicker(List<PickResult> results, int[] weights, AtomicInteger turn) {
		this.results = results.toArray(PickResult[]::new);
		this.turn = turn;
		this.ends = weights.clone();
		int divisor = Arrays.stream(weights).reduce(0, WeightedPicker::gcd);
		Arrays.setAll(this.ends, (i) -> weights[i] / divisor);
		Arrays.parallelPrefix(this.ends, Integer::sum);
		this.sum = this.ends[this.ends.length - 1];
		this.stride = stride(this.sum);
	}

	private static int stride(int sum) {
		int stride = Math.max(1, (int) (sum * GOLDEN_SECTION));
		while (gcd(stride, sum) != 1) {
			stride++;
		}
		return stride;
	}

	private static int gcd(int a, int b) {
		return (b == 0) ? a : gcd(b, a % b);
	}

	@Override
	public PickResult pickSubchannel(PickSubchannelArgs args) {
		long place = Integer.toUnsignedLong(this.turn.getAndIncrement()) * this.stride % this.sum;
		int found = Arrays.binarySearch(this.ends, (int) place);
		return this.results[(found >= 0) ? found + 1 : -found - 1];
	}

}
