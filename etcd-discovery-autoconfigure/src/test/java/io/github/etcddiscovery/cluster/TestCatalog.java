package io.github.etcddiscovery.cluster;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.Mockito.mock;

/**
 * The catalogs of a view that a test writes.
 */
class TestCatalog implements Catalog<String> {

	private final ServiceView<String> view;

	private final List<Runnable> callbacks;

	private final Map<String, List<String>> live;

	private final Map<String, List<String>> retained;

	private final boolean synced;

	private final List<String> services;

	private TestCatalog(ServiceView<String> view, List<Runnable> callbacks, Map<String, List<String>> live,
			Map<String, List<String>> retained, boolean synced) {
		this.view = view;
		this.callbacks = callbacks;
		this.live = live;
		this.retained = retained;
		this.synced = synced;
		this.services = List.copyOf(new TreeSet<>(live.keySet()));
	}

	/** Creates the catalog of a view that has not been read, and follows all services. */
	@SuppressWarnings("unchecked")
	static TestCatalog unread() {
		ServiceView<String> view = mock(ServiceView.class);
		List<Runnable> callbacks = new ArrayList<>();
		willAnswer((call) -> callbacks.add(call.getArgument(0))).given(view).onChange(any());
		given(view.follows(anyString())).willReturn(true);
		TestCatalog catalog = new TestCatalog(view, callbacks, Map.of(), Map.of(), false);
		given(view.catalog()).willReturn(catalog);
		return catalog;
	}

	ServiceView<String> view() {
		return this.view;
	}

	/** The view now has these live instances of a service, and is read. */
	TestCatalog with(String service, String... instances) {
		Map<String, List<String>> changed = new HashMap<>(this.live);
		changed.put(service, List.of(instances));
		return publish(new TestCatalog(this.view, this.callbacks, changed, this.retained, true));
	}

	/** The view has read the range of one service only, in which there is nothing. */
	void readOnly(String service) {
		TestCatalog next = new TestCatalog(this.view, this.callbacks, this.live, this.retained, false) {

			@Override
			public long revision(String other) {
				return other.equals(service) ? 7 : 0;
			}

			@Override
			public List<Position> positions() {
				return List.of(new Position("/services/" + service + "/", 1, 7),
						new Position("/services/other/", 0, 0));
			}

		};
		publish(next);
	}

	/** The view now retains these instances. */
	TestCatalog retaining(String service, String... instances) {
		return publish(
				new TestCatalog(this.view, this.callbacks, this.live, Map.of(service, List.of(instances)), true));
	}

	private TestCatalog publish(TestCatalog next) {
		given(this.view.catalog()).willReturn(next);
		this.callbacks.forEach(Runnable::run);
		return next;
	}

	@Override
	public boolean isSynced() {
		return this.synced;
	}

	@Override
	public long epoch() {
		return this.synced ? 1 : 0;
	}

	@Override
	public long revision() {
		return this.synced ? 7 : 0;
	}

	@Override
	public long revision(String service) {
		return (this.view.follows(service)) ? revision() : 0;
	}

	@Override
	public List<Position> positions() {
		return List.of(new Position("/services/", epoch(), revision()));
	}

	@Override
	public List<String> services() {
		return this.services;
	}

	@Override
	public boolean contains(String service) {
		return this.live.containsKey(service);
	}

	@Override
	public List<String> all(String service) {
		return live(service);
	}

	@Override
	public List<String> live(String service) {
		return this.live.getOrDefault(service, List.of());
	}

	@Override
	public List<String> available(String service) {
		List<String> live = live(service);
		return live.isEmpty() ? this.retained.getOrDefault(service, List.of()) : live;
	}

	@Override
	public Map<String, List<String>> retained() {
		return this.retained;
	}

	@Override
	public boolean hasSameInstances(Catalog<String> other) {
		return this == other;
	}

}
