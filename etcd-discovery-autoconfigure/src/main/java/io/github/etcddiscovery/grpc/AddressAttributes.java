package io.github.etcddiscovery.grpc;

import java.util.Map;

import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.cloud.InstanceMetadata;
import io.github.etcddiscovery.instance.InstanceWeight;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;

/**
 * What a load balancing policy is told of an instance, as attributes of its
 * {@link EquivalentAddressGroup}. An attribute is absent if the instance does not have
 * it.
 */
public final class AddressAttributes {

	/** The zone of the instance, its metadata {@code zone}. */
	@EquivalentAddressGroup.Attr
	public static final Attributes.Key<String> ZONE = key("zone");

	/** The subset of the instances to which it belongs, its metadata {@code subset}. */
	@EquivalentAddressGroup.Attr
	public static final Attributes.Key<String> SUBSET = key("subset");

	/** The cluster of etcd in which it was found: {@code home}, or a remote's name. */
	@EquivalentAddressGroup.Attr
	public static final Attributes.Key<String> CLUSTER = key("cluster");

	/** Its metadata {@code weight}, from 1 to 1,000; 1 without one. Always present. */
	@EquivalentAddressGroup.Attr
	public static final Attributes.Key<Integer> WEIGHT = key("weight");

	private AddressAttributes() {
	}

	private static <T> Attributes.Key<T> key(String name) {
		return Attributes.Key.create(AddressAttributes.class.getName() + "." + name);
	}

	static Attributes of(ServiceInstance instance) {
		Map<String, String> metadata = InstanceMetadata.of(instance);
		Attributes.Builder attributes = Attributes.newBuilder().set(WEIGHT, InstanceWeight.of(metadata));
		set(attributes, ZONE, metadata.get("zone"));
		set(attributes, SUBSET, metadata.get("subset"));
		if (instance instanceof EtcdServiceInstance found) {
			attributes.set(CLUSTER, found.getCluster());
		}
		return attributes.build();
	}

	private static void set(Attributes.Builder attributes, Attributes.Key<String> key, @Nullable String value) {
		if (value != null) {
			attributes.set(key, value);
		}
	}

}
