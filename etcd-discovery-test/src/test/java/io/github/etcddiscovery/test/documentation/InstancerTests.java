package io.github.etcddiscovery.test.documentation;

import java.time.Duration;
import java.util.List;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.test.EmbeddedEtcd;
import io.github.etcddiscovery.test.EmbeddedEtcdExtension;
import io.github.etcddiscovery.view.Instancer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import static org.awaitility.Awaitility.await;

@ExtendWith(EmbeddedEtcdExtension.class)
class InstancerTests {

	@Test
	void seesWhatIsRegistered(EmbeddedEtcd etcd) {
		try (EtcdClient client = EtcdClient.create(EtcdClientOptions.of(etcd.endpoint()));
				Registrar registrar = new Registrar(client);
				Instancer instancer = new Instancer(client, "/go/stock/")) {
			instancer.start();
			registrar.register(RegistryEntry.of("/go/stock/1", "http://10.0.0.5:8080"));
			await().atMost(Duration.ofSeconds(10))
				.until(() -> instancer.event().instances().equals(List.of("http://10.0.0.5:8080")));
		}
	}

}
