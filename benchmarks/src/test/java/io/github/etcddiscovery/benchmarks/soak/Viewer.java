package io.github.etcddiscovery.benchmarks.soak;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;

/**
 * A view, and a check of whatever it publishes: what it says etcd held at a revision,
 * etcd held then.
 */
final class Viewer implements AutoCloseable {

	private final String name;

	private final int group;

	private final EtcdClient client;

	private final ServiceView<Entry> view;

	private final Truth truth;

	private final Violations violations;

	private final Queue<Catalog<Entry>> published = new ConcurrentLinkedQueue<>();

	private final Map<String, Change> expected = new HashMap<>();

	private long revision;

	private long checked;

	Viewer(String name, int group, EtcdClient client, Truth truth, Violations violations) {
		this.name = name;
		this.group = group;
		this.client = client;
		this.truth = truth;
		this.violations = violations;
		this.view = new ServiceView<>(client, new KeyLayout("/services").ranges(),
				(instance, keyValue) -> new Entry(keyValue.key(), new String(keyValue.value(), StandardCharsets.UTF_8)),
				(entry) -> true);
		this.view.subscribe(this.published::add);
		this.view.start();
	}

	int group() {
		return this.group;
	}

	long revision() {
		return this.view.catalog().revision();
	}

	/** Promises V2 and V3, of all that can be told by now. By one thread at a time. */
	void check() {
		for (Catalog<Entry> next = this.published.peek(); next != null
				&& next.revision() <= this.truth.known(); next = this.published.peek()) {
			this.published.remove();
			if (next.isSynced()) {
				check(next);
			}
		}
	}

	private void check(Catalog<Entry> catalog) {
		if (catalog.epoch() != 1) {
			this.violations.add("V3", "%s took revision %d for the beginning of another history", this.name,
					catalog.revision());
		}
		if (catalog.revision() < this.revision) {
			this.violations.add("V3", "%s went back from revision %d to %d", this.name, this.revision,
					catalog.revision());
			return;
		}
		this.truth.between(this.revision, catalog.revision()).forEach((change) -> change.applyTo(this.expected));
		this.revision = catalog.revision();
		this.checked++;
		Map<String, String> differences = differences(this.expected, catalog);
		if (!differences.isEmpty()) {
			this.violations.add("V2", "%s published at revision %d what etcd did not hold: %s", this.name,
					this.revision, differences);
		}
	}

	/** Promise V1: what is not as it should be by now. */
	Map<String, String> differences(Map<String, Change> state) {
		return differences(state, this.view.catalog());
	}

	private static Map<String, String> differences(Map<String, Change> state, Catalog<Entry> catalog) {
		Map<String, String> missing = new HashMap<>();
		state.forEach((key, change) -> missing.put(key, change.value()));
		Map<String, String> differences = new HashMap<>();
		catalog.services().forEach((service) -> catalog.all(service).forEach((entry) -> {
			String held = missing.remove(entry.key());
			if (!entry.value().equals(held)) {
				differences.put(entry.key(), entry.value() + " for " + held);
			}
		}));
		missing.forEach((key, value) -> differences.put(key, "nothing for " + value));
		return differences;
	}

	long checked() {
		return this.checked;
	}

	@Override
	public void close() {
		this.view.close();
		this.client.close();
	}

	/**
	 * What the view holds.
	 *
	 * @param key the key
	 * @param value its value
	 */
	private record Entry(String key, String value) {

	}

}
