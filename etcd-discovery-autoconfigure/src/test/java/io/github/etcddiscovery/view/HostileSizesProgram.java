package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.List;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.instance.AllowedNetworks;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.instance.format.InstanceFormats;

/**
 * Reads everything once in a small heap, and prints what it has read.
 */
final class HostileSizesProgram {

	private HostileSizesProgram() {
	}

	public static void main(String[] arguments) {
		CheckedFormats formats = new CheckedFormats(InstanceFormats.with(List.of()), AllowedNetworks.of(List.of()),
				false);
		try (EtcdClient client = EtcdClient.create(EtcdClientOptions.of(arguments[0]));
				ServiceView<ServiceRecord> view = new ServiceView<>(client, new KeyLayout("/services").ranges(),
						(key, keyValue) -> formats.decode(key, keyValue.value()), (any) -> true)) {
			view.start();
			view.awaitSync(Duration.ofSeconds(10));
			System.gc();
			Runtime runtime = Runtime.getRuntime();
			System.out.printf("%d good, %d rejected, %d MiB in use%n", view.catalog().all("good").size(),
					view.statistics().rejected(), (runtime.totalMemory() - runtime.freeMemory()) >> 20);
		}
	}

}
