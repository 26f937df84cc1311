package io.github.etcddiscovery.client;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.etcddiscovery.doubles.TestClients;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.support.DnsClient;
import io.github.etcddiscovery.testsupport.DnsServer;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A client moves from member to member, and nobody above notices.
 */
@RequiresEtcd
class MovingClientTests {

	private static final Duration STAY = Duration.ofMillis(200);

	private static final String WRITTEN = "/services/written/1";

	@Test
	void viewAndRegistrationDoNotNoticeThatTheirClientMoves() {
		List<EtcdProcess> members = EtcdProcess.startCluster(EtcdBinary.newest(), 3);
		String[] endpoints = members.stream().map(EtcdProcess::endpoint).toArray(String[]::new);
		try (EtcdEyes eyes = new EtcdEyes(endpoints[0]);
				JetcdEtcdClient client = new JetcdEtcdClient(TestClients.options(endpoints), List.of(), "etcd-client",
						new DnsClient("dns:"), STAY);
				Registrar registrar = new Registrar(client);
				ServiceView<String> view = view(client)) {
			view.start();
			registrar.register(RegistryEntry.of("/services/own/1", "UP")).orTimeout(10, TimeUnit.SECONDS).join();
			await().atMost(Duration.ofSeconds(10)).until(() -> view.catalog().isSynced());
			Set<String> used = ConcurrentHashMap.newKeySet();
			AtomicInteger writes = new AtomicInteger();
			await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(20)).until(() -> {
				String value = "write " + writes.incrementAndGet();
				eyes.put(WRITTEN, value);
				await().atMost(Duration.ofSeconds(1))
					.pollInterval(Duration.ofMillis(1))
					.until(() -> view.catalog().all("written").contains(value));
				assertThat(view.failure()).isNull();
				assertThat(view.staleness()).isZero();
				used.add(client.member());
				return used.size() == 3 && writes.get() >= 100;
			});
			assertThat(view.statistics().resyncs()).isZero();
			assertThat(view.statistics().events()).as("each change once").isGreaterThanOrEqualTo(writes.get());
			assertThat(view.catalog().epoch()).isEqualTo(1);
			assertThat(registrar.reregistrations()).isZero();
			assertThat(eyes.get("/services/own/1").getLease()).isEqualTo(registrar.leaseId("/services/own/1"));
		}
		finally {
			members.forEach(EtcdProcess::close);
		}
	}

	@Test
	void membersShareTheClientsAgainAfterARollingRestart() {
		List<EtcdProcess> members = EtcdProcess.startCluster(EtcdBinary.newest(), 3);
		String[] endpoints = members.stream().map(EtcdProcess::endpoint).toArray(String[]::new);
		List<JetcdEtcdClient> clients = Stream
			.generate(() -> new JetcdEtcdClient(TestClients.options(endpoints), List.of(), "etcd-client",
					new DnsClient("dns:"), Duration.ofSeconds(2)))
			.limit(30)
			.toList();
		try {
			for (EtcdProcess member : members) {
				clients.forEach((client) -> client.get("/any", 0).join());
				member.kill();
				member.startAgain();
			}
			await().atMost(Duration.ofSeconds(30)).ignoreExceptions().untilAsserted(() -> {
				clients.forEach((client) -> client.get("/any", 0).join());
				Map<String, Long> shares = clients.stream()
					.collect(Collectors.groupingBy(JetcdEtcdClient::member, Collectors.counting()));
				assertThat(shares).containsOnlyKeys(endpoints)
					.allSatisfy((member, share) -> assertThat(share).isBetween(4L, 18L));
			});
		}
		finally {
			clients.forEach(JetcdEtcdClient::close);
			members.forEach(EtcdProcess::close);
		}
	}

	/** The JVM caches the address of localhost, as it caches that of a pod. */
	@Test
	void podWithAnotherAddressBehindTheSameNameIsFoundWithinSixSeconds() {
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest()); DnsServer dns = DnsServer.start()) {
			dns.setAddresses("localhost", "127.0.0.1");
			String endpoint = etcd.endpoint().replace("127.0.0.1", "localhost");
			try (JetcdEtcdClient client = new JetcdEtcdClient(TestClients.options(endpoint), List.of(), "etcd-client",
					new DnsClient(dns.url()), Duration.ofMinutes(15));
					Registrar registrar = new Registrar(client);
					ServiceView<String> view = view(client)) {
				view.start();
				registrar.register(RegistryEntry.of("/services/own/1", "UP")).orTimeout(10, TimeUnit.SECONDS).join();
				await().until(() -> view.catalog().all("own").equals(List.of("UP")));
				etcd.kill();
				await().pollDelay(Duration.ofSeconds(4)).until(() -> !view.staleness().isZero());
				dns.setAddresses("localhost", "127.0.0.2");
				etcd.startAgainAt("127.0.0.2");
				try (EtcdEyes eyes = new EtcdEyes(etcd.endpoint())) {
					eyes.put(WRITTEN, "UP");
				}
				await().atMost(Duration.ofSeconds(6))
					.untilAsserted(() -> assertThat(view.catalog().all("written")).containsExactly("UP"));
				assertThat(registrar.reregistrations()).isZero();
			}
		}
	}

	@Test
	void membersReplacedOneByOneAreFollowedThroughDns() {
		List<EtcdProcess> members = new ArrayList<>(EtcdProcess.startCluster(EtcdBinary.newest(), 3));
		try (DnsServer dns = DnsServer.start()) {
			announce(dns, members);
			dns.setAddresses("members.etcd.invalid", "127.0.0.1");
			try (JetcdEtcdClient client = new JetcdEtcdClient(TestClients.options("dns+srv://etcd.invalid"), List.of(),
					"etcd-client", new DnsClient(dns.url()), Duration.ofMinutes(15));
					Registrar registrar = new Registrar(client);
					ServiceView<String> view = view(client)) {
				view.start();
				registrar.register(RegistryEntry.of("/services/own/1", "UP")).orTimeout(10, TimeUnit.SECONDS).join();
				for (int i = 0; i < 3; i++) {
					members.set(i, members.get((i + 2) % 3).replace(members.get(i)));
					announce(dns, members);
					String value = "write " + i;
					try (EtcdEyes eyes = new EtcdEyes(members.get(i).endpoint())) {
						eyes.put(WRITTEN, value);
					}
					await().atMost(Duration.ofSeconds(6))
						.untilAsserted(() -> assertThat(view.catalog().all("written")).containsExactly(value));
				}
				assertThat(view.catalog().epoch()).as("one history").isEqualTo(1);
				assertThat(view.catalog().all("own")).containsExactly("UP");
				assertThat(registrar.reregistrations()).isZero();
			}
		}
		finally {
			members.forEach(EtcdProcess::close);
		}
	}

	private static ServiceView<String> view(EtcdClient client) {
		return new ServiceView<>(client, new KeyLayout("/services").ranges(),
				(instance, keyValue) -> new String(keyValue.value(), StandardCharsets.UTF_8), (value) -> true);
	}

	private static void announce(DnsServer dns, List<EtcdProcess> members) {
		dns.setServices("_etcd-client._tcp.etcd.invalid", "members.etcd.invalid",
				members.stream().mapToInt((member) -> URI.create(member.endpoint()).getPort()).toArray());
	}

}
