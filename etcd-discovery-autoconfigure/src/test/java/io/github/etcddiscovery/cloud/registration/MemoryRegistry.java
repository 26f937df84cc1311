package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.List;

import io.github.etcddiscovery.doubles.MemoryEtcdClient;
import io.github.etcddiscovery.instance.AllowedNetworks;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.instance.format.InstanceFormats;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.TtlOption;

/**
 * Creates registries over an etcd in memory, with the defaults of the starter.
 */
final class MemoryRegistry {

	private MemoryRegistry() {
	}

	static EtcdServiceRegistry over(MemoryEtcdClient etcd, boolean deregister, Duration timeout) {
		return new EtcdServiceRegistry(() -> new Registrar(etcd, TtlOption.DEFAULT),
				new RecordEncoder(new KeyLayout("/services"),
						new CheckedFormats(InstanceFormats.with(List.of()), AllowedNetworks.of(List.of()), false)),
				deregister, timeout);
	}

}
