package io.github.etcddiscovery.autoconfigure;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.instance.format.JsonInstanceCodec;
import io.github.etcddiscovery.snapshot.ViewSnapshot;
import io.github.etcddiscovery.view.InstanceDecoder;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Writes the instances of a view into a snapshot without secret metadata, and reads them
 * by the rules for entries in etcd.
 */
final class SnapshotCodec implements ViewSnapshot.Codec<ServiceInstance> {

	private final JsonInstanceCodec json = new JsonInstanceCodec();

	private final InstanceDecoder<ServiceInstance> decoder;

	/**
	 * Creates a codec.
	 * @param decoder the decoder of the view
	 */
	SnapshotCodec(InstanceDecoder<ServiceInstance> decoder) {
		this.decoder = decoder;
	}

	@Override
	public InstanceKey key(ServiceInstance instance) {
		return record(instance).key();
	}

	@Override
	public long leaseId(ServiceInstance instance) {
		return ((EtcdServiceInstance) instance).getLeaseId();
	}

	@Override
	public byte[] encode(ServiceInstance instance) {
		ServiceRecord record = record(instance);
		Map<String, String> metadata = new LinkedHashMap<>(record.metadata());
		metadata.keySet().removeIf(CheckedFormats::isSecret);
		return this.json.encode(new ServiceRecord(record.key(), record.host(), record.port(), record.secure(),
				record.status(), metadata));
	}

	@Override
	public ServiceInstance decode(InstanceKey key, byte[] value, long leaseId) {
		return this.decoder.decode(key, new KeyValue(key.instanceId(), value, 0, leaseId));
	}

	private static ServiceRecord record(ServiceInstance instance) {
		return ((EtcdServiceInstance) instance).toRecord();
	}

}
