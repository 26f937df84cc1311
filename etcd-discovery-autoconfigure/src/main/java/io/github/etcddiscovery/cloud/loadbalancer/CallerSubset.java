package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.Comparator;
import java.util.List;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Picks some of many instances for one caller (rendezvous hashing). A caller keeps its
 * instances when others come and go, and different callers pick different ones.
 *
 * @param caller a number that differs from caller to caller
 */
record CallerSubset(long caller) {

	/** Returns the instances with the lowest hashes. */
	List<ServiceInstance> of(List<ServiceInstance> instances, int count) {
		return instances.stream().sorted(Comparator.comparingLong(this::hash)).limit(count).toList();
	}

	/** Mixes with the finalizer of SplitMix64. */
	private long hash(ServiceInstance instance) {
		long mixed = this.caller ^ (instance.getHost().hashCode() * 31L + instance.getPort()) * 0x9E3779B97F4A7C15L;
		mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
		mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
		return mixed ^ (mixed >>> 31);
	}

}
