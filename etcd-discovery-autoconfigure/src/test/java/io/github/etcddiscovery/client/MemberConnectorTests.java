package io.github.etcddiscovery.client;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.doubles.TestClients;
import io.github.etcddiscovery.support.DnsClient;
import io.github.etcddiscovery.testsupport.DnsServer;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TcpProxy;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Which member is connected to, and where its address comes from. Tests of
 * {@link MemberResolver} and {@link JetcdClientFactory}.
 */
@RequiresEtcd
class MemberConnectorTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(2);

	/** No host file and no DNS server has it: RFC 2606. */
	private static final String NAME = "etcd.invalid";

	private static final int PORT = LoopbackPorts.next();

	private static EtcdProcess first;

	private static EtcdProcess second;

	private final DnsServer dns = DnsServer.start();

	private long now;

	private final ExecutorService executor = Executors.newCachedThreadPool();

	private final JetcdClientFactory factory = new JetcdClientFactory(List.of(), this.executor, "connector-tests");

	private final MemberConnector connector = new MemberConnector(this.factory,
			new MemberResolver(new DnsClient(this.dns.url()), () -> this.now), new Random(42));

	@BeforeAll
	static void startMembers() {
		first = EtcdProcess.startAt(EtcdBinary.newest(), "127.0.0.2", PORT);
		second = EtcdProcess.startAt(EtcdBinary.newest(), "127.0.0.3", PORT);
	}

	@AfterAll
	static void stopMembers() {
		first.close();
		second.close();
	}

	@AfterEach
	void stop() {
		this.dns.close();
		this.factory.close();
		this.executor.shutdownNow();
	}

	@Test
	void memberIsChosenAtRandom() {
		EtcdClientOptions options = TestClients.options(first.endpoint(), second.endpoint());
		assertThat(chosen(10, () -> this.connector.connect(options, null, TIMEOUT, false)))
			.containsExactlyInAnyOrder("127.0.0.2", "127.0.0.3");
	}

	@Test
	void memberUsedLastIsTriedLast() {
		EtcdClientOptions options = TestClients.options(first.endpoint(), second.endpoint());
		MemberConnection connection = this.connector.connect(options, null, TIMEOUT, false);
		connection.close();
		MemberAddress last = connection.member();
		assertThat(chosen(5, () -> this.connector.connect(options, last, TIMEOUT, true))).hasSize(1)
			.doesNotContain(last.address().getHostAddress());
	}

	@Test
	void onlyAddressIsTriedThreeTimesAgainSinceALoadBalancerMayBeBehindIt() throws Exception {
		try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
			String hung = "http://127.0.0.1:" + silent.getLocalPort();
			// Each try connects twice: the first connection only checks the port.
			try (TcpProxy balancer = TcpProxy.to(first.endpoint(), hung, hung, hung, hung, first.endpoint(),
					first.endpoint())) {
				EtcdClientOptions options = TestClients.options(balancer.endpoint());
				MemberConnection lost = this.connector.connect(options, null, TIMEOUT, true);
				lost.close();
				assertThat(
						chosen(1, () -> this.connector.connect(options, lost.member(), Duration.ofMillis(300), false)))
					.containsExactly("127.0.0.1");
			}
		}
	}

	@Test
	void memberThatAnswersAfterTheNextOneWasTriedIsUsed() {
		try (TcpProxy slow = TcpProxy.to(first.endpoint())) {
			slow.setDelay(Duration.ofMillis(150));
			EtcdClientOptions options = TestClients.options(slow.endpoint());
			MemberConnection lost = this.connector.connect(options, null, TIMEOUT, true);
			lost.close();
			assertThat(chosen(1, () -> this.connector.connect(options, lost.member(), Duration.ofMillis(400), false)))
				.containsExactly("127.0.0.1");
		}
	}

	@Test
	void everyAddressOfANameIsTried() {
		this.dns.setAddresses(NAME, "127.0.0.4", "127.0.0.2", "127.0.0.5");
		assertThat(chosen(5, () -> this.connector.connect(named(), null, TIMEOUT, false))).containsExactly("127.0.0.2");
	}

	@Test
	void dnsIsAskedDirectlyEveryTwoSecondsAtMost() {
		EtcdClientOptions options = TestClients.options("localhost:" + PORT);
		assertThatConnecting(options).withMessageContaining("Connection refused");
		this.dns.setAddresses("localhost", "127.0.0.3");
		this.now += Duration.ofMillis(1_999).toNanos();
		assertThatConnecting(options).withMessageContaining("Connection refused");
		this.now += Duration.ofMillis(1).toNanos();
		assertThat(chosen(1, () -> this.connector.connect(options, null, TIMEOUT, false))).containsExactly("127.0.0.3");
	}

	@Test
	void addressThatWasReplacedIsFoundInDnsPastTheCacheOfTheJvm() {
		// The hosts file knows 127.0.0.1, where nothing listens.
		EtcdClientOptions options = TestClients.options("localhost:" + PORT);
		this.dns.setAddresses("localhost", "127.0.0.3");
		assertThat(chosen(1, () -> this.connector.connect(options, null, TIMEOUT, false))).containsExactly("127.0.0.3");
		this.dns.setAddresses("localhost", "127.0.0.2");
		assertThat(chosen(1, () -> this.connector.connect(options, null, TIMEOUT, false))).containsExactly("127.0.0.2");
	}

	@Test
	void firstTryGoesOnToTheNextMemberAtOnceAndShowsNoConnectionWithoutACall() {
		this.dns.setAddresses(NAME, "127.0.0.4", "127.0.0.2", "127.0.0.5");
		long begin = System.nanoTime();
		assertThat(chosen(5, () -> this.connector.connect(named(), null, TIMEOUT, true))).containsExactly("127.0.0.2");
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(TIMEOUT);
	}

	@Test
	void srvRecordsNameHostsAndPorts() {
		this.dns.setServices("_etcd-client._tcp." + NAME, "member." + NAME, LoopbackPorts.next(), PORT);
		this.dns.setAddresses("member." + NAME, "127.0.0.2");
		assertThat(
				chosen(2, () -> this.connector.connect(TestClients.options("dns+srv://" + NAME), null, TIMEOUT, false)))
			.containsExactly("127.0.0.2");
	}

	@Test
	void nameWithoutSrvRecordsIsReported() {
		assertThatConnecting(TestClients.options("dns+srv://" + NAME)).withMessage(
				"no connection (DNS has no SRV record _etcd-client._tcp.etcd.invalid with a host that is known: dns+srv://etcd.invalid)");
	}

	@Test
	void targetOfAnSrvRecordThatIsNoHostIsLeftOut() {
		this.dns.setServices("_etcd-client._tcp." + NAME, "ldap://127.0.0.1/x", PORT);
		assertThatConnecting(TestClients.options("dns+srv://" + NAME)).withMessageContaining("no SRV record");
	}

	@Test
	void unknownNameIsReported() {
		assertThatConnecting(named())
			.withMessage("no connection (the host name is not known: http://etcd.invalid:%d)".formatted(PORT));
	}

	@Test
	void refusedConnectionIsReportedWithTheAddress() {
		this.dns.setAddresses(NAME, "127.0.0.4");
		assertThatConnecting(named())
			.withMessage("no connection (Connection refused: http://etcd.invalid:%d (127.0.0.4, port %d))"
				.formatted(PORT, PORT));
	}

	@Test
	void movingTakesAnotherMemberOrStays() {
		EtcdClientOptions options = TestClients.options(first.endpoint(), second.endpoint());
		MemberConnection used = this.connector.connect(options, null, TIMEOUT, false);
		used.close();
		Set<String> others = chosen(10, () -> this.connector.move(options, used.member(), TIMEOUT));
		assertThat(others).hasSize(2).contains("stay").doesNotContain(used.member().address().getHostAddress());
	}

	@Test
	void onlyMemberIsNotLeft() {
		EtcdClientOptions options = TestClients.options(first.endpoint());
		MemberConnection used = this.connector.connect(options, null, TIMEOUT, false);
		used.close();
		assertThat(this.connector.move(options, used.member(), TIMEOUT)).isNull();
	}

	@Test
	void ipv6AddressIsATargetWithoutBrackets() throws Exception {
		EtcdEndpoint endpoint = EtcdEndpoint.parse("http://[::1]:2379", false);
		MemberAddress member = new MemberAddress(endpoint, InetAddress.getByName("::1"), 2379);
		assertThat(member.target()).isEqualTo("ip:///%5B0:0:0:0:0:0:0:1%5D:2379");
		assertThat(member).hasToString("http://[::1]:2379");
	}

	private static EtcdClientOptions named() {
		return TestClients.options(NAME + ":" + PORT);
	}

	private Set<String> chosen(int times, Supplier<MemberConnection> connecting) {
		return IntStream.range(0, times).mapToObj((i) -> {
			this.now += Duration.ofSeconds(2).toNanos();
			MemberConnection connection = connecting.get();
			if (connection == null) {
				return "stay";
			}
			connection.close();
			return connection.member().address().getHostAddress();
		}).collect(Collectors.toSet());
	}

	private ThrowableAssertAlternative<EtcdException> assertThatConnecting(EtcdClientOptions options) {
		return assertThatExceptionOfType(EtcdException.class)
			.isThrownBy(() -> this.connector.connect(options, null, TIMEOUT, false))
			.satisfies((ex) -> assertThat(ex.reason()).isEqualTo(Reason.UNAVAILABLE));
	}

}
