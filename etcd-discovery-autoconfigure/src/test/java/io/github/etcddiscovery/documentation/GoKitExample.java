package io.github.etcddiscovery.documentation;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.view.Instancer;

class GoKitExample {

	void registerAndFollow(String endpoint, Consumer<Instancer.Event> listener) {
		try (EtcdClient client = EtcdClient.create(EtcdClientOptions.of(endpoint));
				Registrar registrar = new Registrar(client);
				Instancer instancer = new Instancer(client, "/go/orders/")) {
			registrar.register(RegistryEntry.of("/go/orders/10.0.0.5:8080", "http://10.0.0.5:8080"))
				.orTimeout(5, TimeUnit.SECONDS)
				.join();
			instancer.start();
			instancer.subscribe(listener);
			serve();
		}
	}

	void serve() {
		// Whatever the program is for.
	}

}
