package io.github.etcddiscovery.faults;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.registry.TtlOption;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.ViewState;
import org.awaitility.Awaitility;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the faults are done to: a registrar and a view of ours, over one client, and what
 * the view has published.
 */
final class Subject implements AutoCloseable {

	static final String PREFIX = "/services/";

	static final String KEY = PREFIX + "subject/10.0.0.5:8080";

	static final TtlOption TTL = new TtlOption(Duration.ofSeconds(1), Duration.ofSeconds(6));

	/** What {@link #write} writes. */
	static final String WRITTEN = PREFIX + "written/1";

	private static final Duration EVENTUALLY = Duration.ofSeconds(60);

	private final String key;

	private int writes;

	private final EtcdClient client;

	private final Registrar registrar;

	private final ServiceView<String> view;

	private final List<Catalog<String>> published = new CopyOnWriteArrayList<>();

	/** Connects, registers and follows, and waits until all of it has come about. */
	Subject(String... endpoints) {
		this(KEY, endpoints);
	}

	Subject(String key, String[] endpoints) {
		this(key, EtcdClientOptions.of(endpoints));
	}

	Subject(String key, EtcdClientOptions options) {
		this.key = key;
		this.client = EtcdClient.create(options);
		this.registrar = new Registrar(this.client, TTL);
		this.view = new ServiceView<>(this.client, new KeyLayout("/services").ranges(),
				(instance, keyValue) -> keyValue.key() + "=" + new String(keyValue.value(), StandardCharsets.UTF_8),
				(value) -> true);
		this.view.subscribe(this.published::add);
		this.view.start();
		this.registrar.register(RegistryEntry.of(key, "UP"));
		awaitCurrent();
		awaitRegistered();
		awaitSeen(key, "UP");
	}

	ServiceView<String> view() {
		return this.view;
	}

	Registrar registrar() {
		return this.registrar;
	}

	EtcdClient client() {
		return this.client;
	}

	boolean isCurrent() {
		return this.view.state() == ViewState.WATCHING;
	}

	void awaitCurrent() {
		Awaitility.await("a current view").atMost(EVENTUALLY).pollInterval(Duration.ofMillis(5)).until(this::isCurrent);
	}

	void awaitStale() {
		Awaitility.await("a view that knows it is stale")
			.atMost(EVENTUALLY)
			.pollInterval(Duration.ofMillis(5))
			.until(() -> !this.view.staleness().isZero());
	}

	void awaitRegistered() {
		Awaitility.await("registered again")
			.atMost(EVENTUALLY)
			.pollInterval(Duration.ofMillis(5))
			.until(() -> this.registrar.state(this.key) == RecordState.REGISTERED);
	}

	/** Waits until the view holds an entry. */
	void awaitSeen(String key, String value) {
		Awaitility.await("the view seeing " + key)
			.atMost(EVENTUALLY)
			.pollInterval(Duration.ofMillis(2))
			.until(() -> sees(key, value));
	}

	boolean sees(String key, String value) {
		return value.equals(contentOf(this.view.catalog()).get(key));
	}

	/** Promise V1: once all is quiet, the view is what etcd holds. */
	void assertEqualToEtcd(EtcdEyes eyes) {
		Awaitility.await("the view being what etcd holds")
			.atMost(EVENTUALLY)
			.untilAsserted(() -> assertThat(contentOf(this.view.catalog())).isEqualTo(eyes.all(PREFIX)));
	}

	/**
	 * Promises V2 and V3: whatever was published was what etcd held at that revision, and
	 * epoch and revision have only gone up. Of the last history only, the others are
	 * gone.
	 */
	void assertWhatWasPublishedWasTrue(EtcdEyes eyes) {
		List<Catalog<String>> all = List.copyOf(this.published);
		Catalog<String> before = all.get(0);
		for (Catalog<String> catalog : all) {
			assertThat(catalog.epoch()).isGreaterThanOrEqualTo(before.epoch());
			if (catalog.epoch() == before.epoch()) {
				assertThat(catalog.revision()).isGreaterThanOrEqualTo(before.revision());
			}
			before = catalog;
		}
		long epoch = before.epoch();
		List<Catalog<String>> checked = all.stream()
			.filter((catalog) -> catalog.isSynced() && catalog.epoch() == epoch)
			.toList();
		int step = Math.max(1, checked.size() / 200);
		for (int i = 0; i < checked.size(); i += step) {
			Catalog<String> catalog = checked.get(i);
			assertThat(contentOf(catalog)).as("at revision %d", catalog.revision())
				.isEqualTo(eyes.all(PREFIX, catalog.revision()));
		}
	}

	/**
	 * Promises V1 to V4 and R1, now that all has healed: the record is there once, under
	 * the lease that is held.
	 */
	void assertAllIsWell(EtcdEyes eyes) {
		awaitCurrent();
		awaitRegistered();
		assertEqualToEtcd(eyes);
		assertWhatWasPublishedWasTrue(eyes);
		String service = this.key.substring(0, this.key.lastIndexOf('/') + 1);
		assertThat(eyes.all(service)).containsExactly(Map.entry(this.key, "UP"));
		assertThat(eyes.get(this.key).getLease()).isEqualTo(this.registrar.leaseId(this.key)).isNotZero();
	}

	/**
	 * From now until the view is current, and from a write to etcd until the view shows
	 * it. The time that the test's own client takes to write does not count: gRPC waits
	 * for a second before it connects again.
	 */
	Duration untilAWriteIsSeen(EtcdEyes eyes) {
		Measurements.Stopwatch healed = Measurements.start();
		awaitCurrent();
		Duration current = healed.elapsed();
		String value = write(eyes);
		Measurements.Stopwatch written = Measurements.start();
		awaitSeen(WRITTEN, value);
		return current.plus(written.elapsed());
	}

	/** Writes a key of its own, always another value. */
	String write(EtcdEyes eyes) {
		String value = "write " + this.writes++;
		eyes.put(WRITTEN, value);
		return value;
	}

	/** Waits until its lease has been renewed just now. */
	void awaitRenewed() {
		Awaitility.await()
			.atMost(EVENTUALLY)
			.until(() -> this.registrar.leaseRemaining().compareTo(TTL.ttl().minusMillis(500)) > 0);
	}

	private static Map<String, String> contentOf(Catalog<String> catalog) {
		Map<String, String> content = new TreeMap<>();
		for (String service : catalog.services()) {
			for (String entry : catalog.all(service)) {
				int split = entry.indexOf('=');
				content.put(entry.substring(0, split), entry.substring(split + 1));
			}
		}
		return content;
	}

	@Override
	public void close() {
		this.view.close();
		this.registrar.close(false, Duration.ofSeconds(1));
		this.client.close();
	}

}
