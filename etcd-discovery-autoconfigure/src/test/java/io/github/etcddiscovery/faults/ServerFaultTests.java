package io.github.etcddiscovery.faults;

import java.time.Duration;

import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.EtcdVersions;
import io.github.etcddiscovery.testsupport.GrpcProxy;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import io.grpc.Status;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static io.github.etcddiscovery.faults.Subject.PREFIX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * etcd, or what stands in front of it, answers as it hardly ever does. The view and the
 * record survive all of it.
 */
@OnEveryEtcd(EtcdVersions.MAINTAINED)
@Tag("slow")
class ServerFaultTests {

	private static final Duration SOON = Duration.ofSeconds(30);

	private final EtcdBinary binary;

	private EtcdProcess etcd;

	private EtcdEyes eyes;

	private GrpcProxy proxy;

	private Subject subject;

	ServerFaultTests(EtcdBinary binary) {
		this.binary = binary;
	}

	@BeforeEach
	void start() {
		this.etcd = EtcdProcess.start(this.binary);
		this.eyes = new EtcdEyes(this.etcd.endpoint());
		this.proxy = GrpcProxy.to(this.etcd.endpoint());
		this.subject = new Subject(this.proxy.endpoint());
	}

	@AfterEach
	void stop() {
		this.subject.close();
		this.proxy.close();
		this.eyes.close();
		this.etcd.close();
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OK")
	void everythingFailsWithAStatus(Status.Code code) {
		for (Status status : new Status[] { code.toStatus(), code.toStatus().withDescription("etcdserver: on purpose"),
				code.toStatus().withDescription("etcdserver: requested lease not found") }) {
			this.proxy.failAll(status);
			this.subject.awaitStale();
			assertThat(this.subject.view().catalog().available("subject")).as("V7: served all the same").hasSize(1);
			this.proxy.stopFailing();
			untilAWriteIsSeen();
		}
		assertAllIsWell();
	}

	@Test
	void watchesEndBetweenTheirAcceptanceAndTheFirstEvent() {
		this.proxy.endWatchesAfter(1);
		this.proxy.failAll(Status.UNAVAILABLE);
		this.proxy.stopFailing();
		try (Churn churn = new Churn(this.eyes.client(), PREFIX + "churn/", 5)) {
			await().pollDelay(Duration.ofSeconds(5)).atMost(SOON).until(() -> true);
		}
		assertThat(this.proxy.watchesEnded()).isGreaterThan(3);
		this.proxy.endWatchesAfter(Integer.MAX_VALUE);
		untilAWriteIsSeen();
		assertAllIsWell();
	}

	@Test
	void watchesEndAfterEveryEvent() throws Exception {
		this.proxy.endWatchesAfter(2);
		this.proxy.failAll(Status.UNAVAILABLE);
		this.proxy.stopFailing();
		try (Churn churn = new Churn(this.eyes.client(), PREFIX + "churn/", 6)) {
			Measurements.measure("watchesEndAfterEveryEvent", this.binary, Duration.ofSeconds(2),
					this::untilAWriteIsSeen);
		}
		assertThat(this.proxy.watchesEnded()).isGreaterThanOrEqualTo(Measurements.N);
		assertAllIsWell();
	}

	@Test
	void watchThatFallsSilent() throws Exception {
		Measurements.measure("watchThatFallsSilent", this.binary, Duration.ofSeconds(15), () -> {
			// Whoever has never answered is not expected to.
			await().pollDelay(Duration.ofSeconds(5)).atMost(SOON).until(this.subject::isCurrent);
			this.proxy.silenceWatches(true);
			Measurements.Stopwatch silenced = Measurements.start();
			this.subject.awaitStale();
			Duration noticed = silenced.elapsed();
			this.proxy.silenceWatches(false);
			untilAWriteIsSeen();
			return noticed;
		});
		assertAllIsWell();
	}

	@Test
	void clientsAreToldToGoAway() throws Exception {
		try (Churn churn = new Churn(this.eyes.client(), PREFIX + "churn/", 7)) {
			Measurements.measure("clientsAreToldToGoAway", this.binary, Duration.ofSeconds(2), () -> {
				int before = this.proxy.connections();
				Runnable end = this.proxy.goAway();
				await().atMost(SOON).until(() -> this.proxy.connections() > before);
				Measurements.Stopwatch told = Measurements.start();
				end.run();
				untilAWriteIsSeen();
				return told.elapsed();
			});
		}
		assertAllIsWell();
	}

	/**
	 * It cannot give the sign of life that is asked for, which is no reason to end it.
	 */
	@Test
	void watchesOverEtcdsOwnProxyGoOnAlthoughItNeverGivesASignOfLife() {
		int port = LoopbackPorts.next();
		Process etcdsProxy = this.etcd.startGrpcProxy(port);
		try (Subject there = new Subject(PREFIX + "subject/10.0.0.6:8080",
				new String[] { "http://127.0.0.1:" + port })) {
			there.untilAWriteIsSeen(this.eyes);
			await().during(Duration.ofSeconds(20)).atMost(SOON).until(there::isCurrent);
			there.untilAWriteIsSeen(this.eyes);
			there.assertEqualToEtcd(this.eyes);
		}
		finally {
			etcdsProxy.destroyForcibly();
		}
	}

	/** Another application, without the proxy, shares nothing with the tenant. */
	@Test
	void proxyOfEtcdsOwnWithANamespaceServesATenant() {
		int port = LoopbackPorts.next();
		Process tenantsProxy = this.etcd.startGrpcProxy(port, "--namespace", "/tenant");
		String endpoint = "http://127.0.0.1:" + port;
		try (Subject there = new Subject(endpoint); EtcdEyes tenant = new EtcdEyes(endpoint)) {
			there.untilAWriteIsSeen(tenant);
			there.registrar().deregister(Subject.KEY);
			await().atMost(SOON).until(() -> this.eyes.all("/tenant" + Subject.KEY).isEmpty());
			there.registrar().register(RegistryEntry.of(Subject.KEY, "UP"));
			there.untilAWriteIsSeen(tenant);
			there.assertAllIsWell(tenant);
			assertThat(this.eyes.all("/tenant/")).containsOnlyKeys("/tenant" + Subject.KEY,
					"/tenant" + Subject.WRITTEN);
			assertThat(this.eyes.all(PREFIX)).containsOnlyKeys(Subject.KEY);
		}
		finally {
			tenantsProxy.destroyForcibly();
		}
	}

	private void assertAllIsWell() {
		this.subject.assertAllIsWell(this.eyes);
		assertThat(this.subject.view().catalog().epoch()).as("V3: the history is the same").isEqualTo(1);
	}

	private Duration untilAWriteIsSeen() {
		return this.subject.untilAWriteIsSeen(this.eyes);
	}

}
