package io.github.etcddiscovery.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

import io.github.etcddiscovery.cloud.EtcdUnavailableException;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.cluster.Remote;
import io.github.etcddiscovery.doubles.EmptyEtcdClient;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.ViewState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslStoreBundle;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

import static io.github.etcddiscovery.testsupport.TestApplications.awaitNoThreads;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * Tests of {@link RemoteClusters}, {@link RemoteCluster}, {@link RemoteProperties} and
 * {@link EtcdConnectionProperties}. No cluster answers.
 */
@ExtendWith(OutputCaptureExtension.class)
class RemoteClustersTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final String REMOTES = "spring.cloud.etcd.discovery.remotes.";

	private final Map<String, Object> values = new TreeMap<>();

	private final StandardEnvironment environment = new StandardEnvironment();

	private EtcdConnectionDetails homeDetails;

	private SslBundles sslBundles;

	private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();

	private final ServiceView<ServiceInstance> home = new ServiceView<>(new EmptyEtcdClient(), List.of(),
			(key, keyValue) -> {
				throw new AssertionError("there is nothing to read");
			}, (instance) -> true);

	private final ClusterView<ServiceInstance> view = new ClusterView<>(this.home,
			Comparator.comparing(ServiceInstance::getInstanceId));

	private final List<RemoteClusters> started = new ArrayList<>();

	@BeforeEach
	void bind() {
		this.environment.getPropertySources().addFirst(new MapPropertySource("test", this.values));
		set("us.endpoints", "http://127.0.0.1:1");
		set("us.dial-timeout", "50ms");
		set("us.request-timeout", "50ms");
	}

	@AfterEach
	void close() {
		this.started.forEach(RemoteClusters::close);
	}

	private void set(String name, String value) {
		this.values.put(REMOTES + name, value);
	}

	/** Closed views stay closed: a client that is left would go on for ever. */
	private static void awaitClosed(Remote<?>... remotes) {
		assertThat(remotes).allSatisfy((remote) -> await().atMost(SOON)
			.untilAsserted(() -> assertThat(remote.view().state()).isEqualTo(ViewState.CLOSED)));
	}

	private RemoteClusters start() {
		EtcdDiscoveryProperties properties = Binder.get(this.environment)
			.bindOrCreate(EtcdDiscoveryProperties.PREFIX, EtcdDiscoveryProperties.class);
		RemoteClusters clusters = new RemoteClusters(this.environment, properties, this.view,
				Views.formats(Stream.empty(), properties), Telemetry.NONE, this.sslBundles, this.beans,
				this.homeDetails);
		this.started.add(clusters);
		clusters.start();
		return clusters;
	}

	private List<String> names() {
		return this.view.remotes().stream().map(Remote::name).toList();
	}

	@Test
	void clustersAreUsedInTheOrderInWhichTheyAreWritten() {
		set("asia.endpoints", "http://127.0.0.1:1");
		set("asia.use", "merge");
		set("asia.register", "true");
		set("asia.fail-back-after", "3s");
		RemoteClusters clusters = start();
		assertThat(names()).containsExactly("asia", "us");
		assertThat(this.view.remotes()).extracting(Remote::merged).containsExactly(true, false);
		assertThat(this.view.remotes()).extracting((remote) -> remote.failBackAfter().toSeconds())
			.containsExactly(3L, 10L);
		assertThat(clusters.registrationTargets().keySet()).containsExactly("asia");
		assertThat(this.view.remotes().get(1).view().follows("anything")).isTrue();
	}

	@Test
	void prefixIsThatOfHomeUnlessItIsSet() {
		this.values.put("spring.cloud.etcd.discovery.prefix", "/team");
		set("us.services", "stock");
		set("asia.endpoints", "http://127.0.0.1:1");
		set("asia.prefix", "/other");
		start();
		assertThat(this.view.remotes()).extracting((remote) -> remote.view().catalog().positions().get(0).prefix())
			.containsExactly("/other/", "/team/stock/");
		assertThat(this.view.remotes().get(1).view().follows("orders")).isFalse();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"', value = {
			"us.endpoints | mailto:a | 'spring.cloud.etcd.discovery.remotes.us.endpoints' is 'mailto:a'",
			"us.endpoints | \"\" | 'spring.cloud.etcd.discovery.remotes.us.endpoints' is ''. Expected at least one endpoint",
			"us.cert | a.pem | 'spring.cloud.etcd.discovery.remotes.us.cert' is 'a.pem'. Expected spring.cloud.etcd.discovery.remotes.us.key to be set",
			"us.ca-cert | /nowhere.pem | 'spring.cloud.etcd.discovery.remotes.us.ca-cert' is '/nowhere.pem'. Expected a PEM document",
			"us.username | me | 'spring.cloud.etcd.discovery.remotes.us.username' is 'me'. Expected spring.cloud.etcd.discovery.remotes.us.password to be set",
			"us.ssl.bundle | none | 'spring.cloud.etcd.discovery.remotes.us.ssl.bundle' is 'none'",
			"us.dial-timeout | 0 | 'spring.cloud.etcd.discovery.remotes.us.dial-timeout' is 'PT0S'. Expected more than 0",
			"us.fail-back-after | -1s | 'spring.cloud.etcd.discovery.remotes.us.fail-back-after' is 'PT-1S'. Expected 0 or more",
			"us.prefix | / | 'spring.cloud.etcd.discovery.remotes.us.prefix' is '/'",
			"us.services | a/b | 'spring.cloud.etcd.discovery.remotes.us.services' is 'a/b'",
			"home.endpoints | http://127.0.0.1:1 | 'spring.cloud.etcd.discovery.remotes' is 'home'. Expected the name of a remote cluster",
			"[a b].endpoints | http://127.0.0.1:1 | 'spring.cloud.etcd.discovery.remotes' is 'a b'. Expected the name of a remote cluster" })
	void wrongValueEndsTheStartAndIsNamed(String name, String value, String message) {
		if (name.startsWith("[")) {
			this.values.put(REMOTES.substring(0, REMOTES.length() - 1) + name, value);
		}
		else {
			set(name, value);
		}
		assertThatThrownBy(this::start).isInstanceOfSatisfying(RuntimeException.class,
				(ex) -> assertThat(InvalidProperties.describe(ex)).startsWith(message));
		assertThat(names()).isEmpty();
	}

	@Test
	void passwordInAnEndpointIsNotShown() {
		set("us.endpoints", "http://root:canary@h:1");
		assertThatThrownBy(this::start).hasMessageNotContaining("canary")
			.hasMessageContaining(REMOTES + "us.endpoints");
	}

	@Test
	void connectionDetailsMayBeABeanOfTheName() {
		this.values.clear();
		set("us.use", "fallback");
		EtcdConnectionDetails details = () -> List.of("http://127.0.0.1:1");
		this.beans.registerSingleton("us", details);
		start();
		assertThat(names()).containsExactly("us");
	}

	@Test
	void connectionDetailsOfARemoteMustNotReplaceThoseOfHome() {
		EtcdConnectionDetails details = () -> List.of("http://127.0.0.1:1");
		this.beans.registerSingleton("us", details);
		this.homeDetails = details;
		assertThatThrownBy(this::start).isInstanceOfSatisfying(RuntimeException.class,
				(ex) -> assertThat(InvalidProperties.describe(ex)).contains("@Bean(defaultCandidate = false)"));
	}

	@Test
	void startWaitsOnlyForAClusterThatItNeeds() {
		set("asia.endpoints", "http://127.0.0.1:1");
		RemoteClusters clusters = start();
		clusters.awaitSync();
		set("us.wait-for-sync", "true");
		RemoteClusters needed = start();
		assertThatThrownBy(needed::awaitSync).isInstanceOfSatisfying(EtcdUnavailableException.class, (ex) -> {
			assertThat(ex.getProperties()).isEqualTo(REMOTES + "us");
			assertThat(ex.getEndpoints()).contains("127.0.0.1:1");
		});
	}

	@Test
	void refreshReplacesOnlyWhatHasChanged(CapturedOutput output) {
		set("asia.endpoints", "http://127.0.0.1:1");
		RemoteClusters clusters = start();
		List<Remote<ServiceInstance>> before = this.view.remotes();
		clusters.refresh();
		assertThat(this.view.remotes()).isEqualTo(before);
		assertThat(output).doesNotContain("Remote clusters are now");

		set("africa.endpoints", "http://127.0.0.1:1");
		this.values.keySet().removeIf((name) -> name.startsWith(REMOTES + "us"));
		clusters.refresh();
		assertThat(names()).containsExactly("africa", "asia");
		assertThat(this.view.remotes().get(1)).isSameAs(before.get(0));
		assertThat(output).containsOnlyOnce("Remote clusters are now [africa, asia]");
		awaitClosed(before.get(1));
		this.values.clear();
		clusters.refresh();
		assertThat(this.view.hasRemotes()).isFalse();
		awaitClosed(before.get(0));
	}

	@ParameterizedTest
	@CsvSource({ "us.prefix, /other", "us.services, stock", "us.use, merge", "us.register, true",
			"us.fail-back-after, 1s", "us.wait-for-sync, true" })
	void clusterThatCannotBeReadWithItsNewPropertiesStaysAsItWas(String name, String value, CapturedOutput output) {
		RemoteClusters clusters = start();
		List<Remote<ServiceInstance>> before = this.view.remotes();
		set(name, value);
		clusters.refresh();
		assertThat(this.view.remotes()).isEqualTo(before);
		assertThat(output).contains("The remote clusters stay as they were, since what"
				+ " spring.cloud.etcd.discovery.remotes says now cannot be used: cluster us cannot be read: ");
		assertThat(before.get(0).view().state()).isNotEqualTo(ViewState.CLOSED);
	}

	@Test
	void otherTimeoutsReplaceNoCluster(CapturedOutput output) {
		RemoteClusters clusters = start();
		List<Remote<ServiceInstance>> before = this.view.remotes();
		set("us.request-timeout", "60ms");
		clusters.refresh();
		assertThat(this.view.remotes()).isEqualTo(before);
		assertThat(output).doesNotContain("Remote clusters are now");
	}

	@Test
	void endpointsThatAreGoneAreNotThoseOfHome(CapturedOutput output) {
		set("us.use", "fallback");
		RemoteClusters clusters = start();
		this.values.remove(REMOTES + "us.endpoints");
		clusters.refresh();
		assertThat(output).contains("'spring.cloud.etcd.discovery.remotes.us.endpoints' is ''. Expected at least one")
			.doesNotContain("localhost:2379 ");
	}

	@Test
	void wrongUseIsNamedWithWhatIsExpected(CapturedOutput output) {
		RemoteClusters clusters = start();
		set("us.use", "mrege");
		clusters.refresh();
		assertThat(output)
			.contains("'spring.cloud.etcd.discovery.remotes.us.use' is 'mrege'. Expected one of [fallback, merge]");
	}

	@Test
	void bundleOfARemoteIsLookedAfterUntilItCloses() {
		set("us.endpoints", "https://127.0.0.1:1");
		set("us.ssl.bundle", "mine");
		this.sslBundles = new DefaultSslBundleRegistry("mine", SslBundle.of(SslStoreBundle.NONE));
		RemoteClusters clusters = start();
		assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName).contains("etcd-us-certificates");
		clusters.close();
		awaitNoThreads("etcd-us-certificates");
	}

	@Test
	void closingClosesAllAndARefreshAfterItStartsNothing() {
		RemoteClusters clusters = start();
		Remote<ServiceInstance> us = this.view.remotes().get(0);
		clusters.close();
		awaitClosed(us);
		set("asia.endpoints", "http://127.0.0.1:1");
		clusters.refresh();
		assertThat(names()).containsExactly("us");
	}

	@Test
	void clustersThatStartedBeforeAWrongOneAreClosed() {
		set("us.fail-back-after", "-1s");
		set("asia.endpoints", "http://127.0.0.1:1");
		Set<Thread> before = Thread.getAllStackTraces().keySet();
		assertThatThrownBy(this::start).isInstanceOf(RuntimeException.class);
		await().atMost(SOON)
			.until(() -> Thread.getAllStackTraces()
				.keySet()
				.stream()
				.noneMatch((thread) -> !before.contains(thread) && thread.getName().startsWith("etcd-asia-view")));
	}

	@ParameterizedTest
	@CsvSource({ "us.fail-back-after, -1s", "asia.endpoints, mailto:a" })
	void refreshWithAWrongValueChangesNothing(String name, String value, CapturedOutput output) {
		RemoteClusters clusters = start();
		List<Remote<ServiceInstance>> before = this.view.remotes();
		set(name, value);
		set("africa.endpoints", "http://127.0.0.1:1");
		clusters.refresh();
		assertThat(this.view.remotes()).isEqualTo(before);
		awaitNoThreads("etcd-africa-view");
		assertThat(output).contains("The remote clusters stay as they were, since what"
				+ " spring.cloud.etcd.discovery.remotes says now cannot be used: 'spring.cloud.etcd.discovery.remotes."
				+ name + "' is '");
	}

	@Test
	void connectionThatCannotBeUsedLeavesTheClusterAsItWas(CapturedOutput output) {
		RemoteClusters clusters = start();
		List<Remote<ServiceInstance>> before = this.view.remotes();
		set("us.endpoints", "http://127.0.0.1:2");
		clusters.refresh();
		assertThat(this.view.remotes()).isEqualTo(before);
		assertThat(output).contains("Staying connected to etcd as before, since what"
				+ " spring.cloud.etcd.discovery.remotes.us says now cannot be used");
	}

}
