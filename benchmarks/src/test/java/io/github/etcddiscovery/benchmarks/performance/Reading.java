package io.github.etcddiscovery.benchmarks.performance;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.instance.AllowedNetworks;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.KeyRange;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.instance.format.InstanceFormats;
import io.github.etcddiscovery.view.ServiceView;

import org.springframework.cloud.client.ServiceInstance;

/**
 * A process that reads all instances again and again: once by a view, once just decoding
 * them. It prints what a view retains, and a line for each round: how long each took, in
 * nanoseconds.
 */
final class Reading {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private final CheckedFormats formats = new CheckedFormats(InstanceFormats.with(List.of()),
			AllowedNetworks.of(List.of()), false);

	private final KeyRange range = new KeyLayout(Kind.STARTER.prefix()).ranges().get(0);

	private final EtcdClient client;

	private Reading(EtcdClient client) {
		this.client = client;
	}

	public static void main(String[] args) throws Exception {
		try (EtcdClient client = EtcdClient.create(EtcdClientOptions.of(args[0]))) {
			new Reading(client).measure(Integer.parseInt(args[1]));
		}
	}

	private void measure(int rounds) throws Exception {
		weigh();
		for (int i = 0; i < rounds; i++) {
			long decoding = decodeAll();
			long begun = System.nanoTime();
			try (ServiceView<ServiceInstance> view = sync()) {
				System.out.println("round " + decoding + " " + (System.nanoTime() - begun));
			}
		}
	}

	/** What is left in the heap of one view once all is read, in bytes. */
	private void weigh() throws Exception {
		decodeAll();
		long before = used();
		try (ServiceView<ServiceInstance> view = sync()) {
			long retained = used() - before;
			// Until here it must not be collected.
			System.out.println("retained " + retained + " of " + view.statistics().instances());
		}
	}

	private static long used() {
		System.gc();
		return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
	}

	/** In the same pages, of which nothing is kept. */
	private long decodeAll() throws Exception {
		AtomicLong ports = new AtomicLong();
		long begun = System.nanoTime();
		this.client
			.list(Kind.STARTER.prefix(), (page) -> page.forEach((entry) -> ports.addAndGet(decode(entry).getPort())))
			.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
		long took = System.nanoTime() - begun;
		if (ports.get() == 0) {
			throw new IllegalStateException("Nothing was read");
		}
		return took;
	}

	private ServiceInstance decode(KeyValue entry) {
		return new EtcdServiceInstance(this.formats.decode(this.range.parse(entry.key()), entry.value()),
				entry.leaseId());
	}

	private ServiceView<ServiceInstance> sync() {
		ServiceView<ServiceInstance> view = new ServiceView<>(this.client, List.of(this.range),
				(key, entry) -> new EtcdServiceInstance(this.formats.decode(key, entry.value()), entry.leaseId()),
				(instance) -> ((EtcdServiceInstance) instance).isUp());
		view.start();
		view.awaitSync(PATIENCE);
		return view;
	}

}
