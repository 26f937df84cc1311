package io.github.etcddiscovery.faults;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.EtcdVersions;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import io.github.etcddiscovery.testsupport.QuietLogs;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A thousand clients, each with a connection of its own, lose it all at once.
 */
@OnEveryEtcd(EtcdVersions.MAINTAINED)
@Tag("slow")
@ExtendWith(QuietLogs.class)
class CrowdFaultTests {

	private static final int CLIENTS = 1_000;

	private static final Duration LONG = Duration.ofMinutes(2);

	private final EtcdBinary binary;

	private final AtomicInteger listings = new AtomicInteger();

	private int writes;

	CrowdFaultTests(EtcdBinary binary) {
		this.binary = binary;
	}

	@Test
	void thousandClientsReconnectAtOnce() throws Exception {
		List<AutoCloseable> opened = new ArrayList<>();
		try (EtcdProcess etcd = EtcdProcess.start(this.binary); EtcdEyes eyes = new EtcdEyes(etcd.endpoint())) {
			List<ServiceView<String>> views = new ArrayList<>();
			for (int i = 0; i < CLIENTS; i++) {
				EtcdClient client = EtcdClient.create(EtcdClientOptions.of(etcd.endpoint()));
				ServiceView<String> view = new ServiceView<>(counting(client), new KeyLayout("/services").ranges(),
						(key, keyValue) -> new String(keyValue.value(), StandardCharsets.UTF_8), (value) -> true);
				opened.add(0, client);
				opened.add(0, view);
				views.add(view);
				view.start();
			}
			untilAllSeeAWrite(views, eyes);
			int before = this.listings.get();
			Measurements.measure("thousandClientsReconnectAtOnce", this.binary, Duration.ofSeconds(60), () -> {
				etcd.kill();
				await().atMost(LONG).until(() -> views.stream().noneMatch((view) -> view.staleness().isZero()));
				etcd.startAgain();
				return untilAllSeeAWrite(views, eyes);
			});
			assertThat(this.listings).as("nobody has listed again").hasValue(before);
		}
		finally {
			for (AutoCloseable one : opened) {
				one.close();
			}
		}
	}

	private Duration untilAllSeeAWrite(List<ServiceView<String>> views, EtcdEyes eyes) {
		Measurements.Stopwatch healed = Measurements.start();
		String value = "write " + this.writes++;
		eyes.put(Subject.PREFIX + "orders/1", value);
		await().atMost(LONG)
			.pollInterval(Duration.ofMillis(20))
			.until(() -> views.stream().allMatch((view) -> view.catalog().all("orders").contains(value)));
		return healed.elapsed();
	}

	/** The same client, whose listings are counted. */
	private EtcdClient counting(EtcdClient client) {
		return (EtcdClient) Proxy.newProxyInstance(EtcdClient.class.getClassLoader(),
				new Class<?>[] { EtcdClient.class }, (proxy, method, arguments) -> {
					if (method.getName().equals("list")) {
						this.listings.incrementAndGet();
					}
					try {
						return method.invoke(client, arguments);
					}
					catch (InvocationTargetException ex) {
						throw ex.getCause();
					}
				});
	}

}
