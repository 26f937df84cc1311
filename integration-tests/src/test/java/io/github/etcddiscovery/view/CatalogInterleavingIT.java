package io.github.etcddiscovery.view;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.integration.Interleavings;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Catalogs are read, and completed by their first readers, while the next are made of
 * them and published.
 */
@Param(name = "number", gen = IntGen.class, conf = "1:2")
@Tag("slow")
public class CatalogInterleavingIT {

	private final CatalogWriter<String> writer = new CatalogWriter<>(new KeyLayout("/services").ranges(),
			(instance) -> !instance.endsWith("down"));

	private final Map<InstanceKey, String> held = new HashMap<>();

	private volatile Catalog<String> catalog = this.writer.catalog();

	private long revision;

	@Operation(nonParallelGroup = "loop", params = { "number", "number" })
	public void register(int service, int instance) {
		publish(new InstanceKey("service" + service, "instance" + instance), "at " + this.revision);
	}

	@Operation(nonParallelGroup = "loop", params = { "number", "number" })
	public void goDown(int service, int instance) {
		publish(new InstanceKey("service" + service, "instance" + instance), "at " + this.revision + " down");
	}

	@Operation(nonParallelGroup = "loop", params = { "number", "number" })
	public void deregister(int service, int instance) {
		publish(new InstanceKey("service" + service, "instance" + instance), null);
	}

	private void publish(InstanceKey key, String instance) {
		String before = (instance != null) ? this.held.put(key, instance) : this.held.remove(key);
		if (before != null || instance != null) {
			this.writer.touch(key, before, instance);
		}
		this.catalog = this.writer.publish(0, 1, ++this.revision);
	}

	@Operation
	public List<String> services() {
		return this.catalog.services();
	}

	@Operation(params = "number")
	public List<String> all(int service) {
		return this.catalog.all("service" + service);
	}

	@Operation(params = "number")
	public List<String> available(int service) {
		return this.catalog.available("service" + service);
	}

	/** Both lists are of the same moment, if they are of the same catalog. */
	@Operation(params = "number")
	public String both(int service) {
		Catalog<String> current = this.catalog;
		return current.revision() + ": " + current.available("service" + service) + " of "
				+ current.all("service" + service);
	}

	@Test
	void readersSeeWhatWasPublishedHoweverThreadsRun() {
		Interleavings.tryFreely(CatalogInterleavingIT.class);
	}

}
