package io.github.etcddiscovery.soak;

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

	/** Of the last catalog, as the view counts histories. */
	private long epoch = 1;

	/** What the last catalog showed, and what there was then. */
	private volatile Position position = new Position(1, 0);

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

	/** Whether it has shown what was there. */
	boolean hasReached(int history, long revision) {
		Position reached = this.position;
		return reached.history() > history || (reached.history() == history && reached.revision() >= revision);
	}

	/** Promises V2 and V3, of all that can be told by now. By one thread at a time. */
	void check() {
		for (Catalog<Entry> next = this.published.peek(); next != null
				&& (!next.isSynced() || check(next)); next = this.published.peek()) {
			this.published.remove();
		}
	}

	/** Returns whether it can be told. */
	private boolean check(Catalog<Entry> catalog) {
		Position last = this.position;
		if (catalog.epoch() < this.epoch || (catalog.epoch() == this.epoch && catalog.revision() < last.revision())) {
			this.violations.add("V3", "%s went back from revision %d of epoch %d to %d of epoch %d", this.name,
					last.revision(), this.epoch, catalog.revision(), catalog.epoch());
			return true;
		}
		// More may come to be known meanwhile.
		boolean known = catalog.revision() <= this.truth.known();
		// Where etcd cannot tell any more what came after the revision reached, a history
		// that has gone past it need not be told from the one that was followed.
		int first = last.history() + ((catalog.epoch() > this.epoch) ? 1 : 0);
		for (int history = first; history <= this.truth.epoch(); history++) {
			if (isPlausible(history, catalog) && isIn(history, catalog)) {
				this.epoch = catalog.epoch();
				this.position = new Position(history, catalog.revision());
				this.checked++;
				return true;
			}
		}
		if (!known) {
			return false;
		}
		this.violations.add("V2", "%s published at revision %d of epoch %d what etcd did not hold: %s", this.name,
				catalog.revision(), catalog.epoch(), differences(this.truth.current().at(catalog.revision()), catalog));
		return true;
	}

	private boolean isPlausible(int history, Catalog<Entry> catalog) {
		return history == this.position.history() || catalog.epoch() > this.epoch
				|| !this.truth.history(history).isTold(this.position.revision());
	}

	private boolean isIn(int number, Catalog<Entry> catalog) {
		History history = this.truth.history(number);
		long revision = catalog.revision();
		if (revision > history.known() || revision < history.beginning().revision()) {
			return false;
		}
		Position last = this.position;
		if (number != last.history()) {
			Map<String, Change> entries = history.at(revision);
			if (!differences(entries, catalog).isEmpty()) {
				return false;
			}
			this.expected.clear();
			this.expected.putAll(entries);
			return true;
		}
		history.between(last.revision(), revision).forEach((change) -> change.applyTo(this.expected));
		return differences(this.expected, catalog).isEmpty();
	}

	/** Promise V1: what is not as it should be by now. */
	Map<String, String> differences(Map<String, Change> entries) {
		return differences(entries, this.view.catalog());
	}

	/** Whether all is checked that it has published. */
	boolean isChecked() {
		return this.published.isEmpty();
	}

	private static Map<String, String> differences(Map<String, Change> entries, Catalog<Entry> catalog) {
		Map<String, String> missing = new HashMap<>();
		entries.forEach((key, change) -> missing.put(key, change.value()));
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
	 * Where it has got to.
	 *
	 * @param history which history of etcd, counted from 1
	 * @param revision the revision
	 */
	private record Position(int history, long revision) {

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
