package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;

import org.springframework.cloud.client.ServiceInstance;

/**
 * A list that contains each instance as often as its weight says, in the order of Spring
 * Cloud's own weighted list: round {@code n} consists of the instances with a weight of
 * at least {@code n}. An element is calculated when it is asked for, so a list of any
 * length takes no more memory than the instances. Immutable.
 */
final class WeightedInstances extends AbstractList<ServiceInstance> implements RandomAccess {

	private final List<ServiceInstance> instances;

	/** By instance, without a common divisor. */
	private final int[] weights;

	/** The same weights in ascending order. */
	private final int[] ascending;

	/** {@code sums[n]} is the sum of the {@code n} smallest weights. */
	private final long[] sums;

	/**
	 * Creates a list.
	 * @param instances the instances
	 * @param weights their weights, each at least 1; not to be changed afterwards
	 */
	WeightedInstances(List<ServiceInstance> instances, int[] weights) {
		this.instances = instances;
		this.weights = weights;
		int divisor = Arrays.stream(weights).reduce(0, WeightedInstances::greatestCommonDivisor);
		for (int i = 0; i < weights.length; i++) {
			weights[i] /= divisor;
		}
		// The length of a list is an int.
		while (Arrays.stream(weights).asLongStream().sum() > Integer.MAX_VALUE) {
			for (int i = 0; i < weights.length; i++) {
				weights[i] = Math.max(1, weights[i] / 2);
			}
		}
		this.ascending = weights.clone();
		Arrays.sort(this.ascending);
		this.sums = new long[weights.length + 1];
		for (int i = 0; i < weights.length; i++) {
			this.sums[i + 1] = this.sums[i] + this.ascending[i];
		}
	}

	private static int greatestCommonDivisor(int a, int b) {
		return (b == 0) ? a : greatestCommonDivisor(b, a % b);
	}

	@Override
	public ServiceInstance get(int index) {
		Objects.checkIndex(index, size());
		int round = round(index);
		long skipped = index - elementsUpTo(round - 1);
		int i = 0;
		while (this.weights[i] < round || skipped-- > 0) {
			i++;
		}
		return this.instances.get(i);
	}

	@Override
	public int size() {
		return (int) this.sums[this.weights.length];
	}

	/** Returns the round that contains the element at an index. */
	private int round(int index) {
		int low = 1;
		int high = this.ascending[this.ascending.length - 1];
		while (low < high) {
			int middle = (low + high) >>> 1;
			if (elementsUpTo(middle) > index) {
				high = middle;
			}
			else {
				low = middle + 1;
			}
		}
		return low;
	}

	/** Returns how many elements there are in the first rounds. */
	private long elementsUpTo(int rounds) {
		int low = 0;
		int high = this.ascending.length;
		while (low < high) {
			int middle = (low + high) >>> 1;
			if (this.ascending[middle] <= rounds) {
				low = middle + 1;
			}
			else {
				high = middle;
			}
		}
		return this.sums[low] + (long) (this.ascending.length - low) * rounds;
	}

}
