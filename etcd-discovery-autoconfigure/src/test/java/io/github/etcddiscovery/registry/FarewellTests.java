package io.github.etcddiscovery.registry;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.WriteResult;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A record that says that it leaves before it does.
 */
class FarewellTests extends ScriptedRegistrar {

	@Test
	void recordIsMarkedOnceAndThenDeletedEvenIfTheMarkIsNotThere() {
		registeredLeaving("UP");
		this.registrar.deregister(KEY);
		this.loop.run();
		this.etcd.answer("put BYE under 7 if at 10", new WriteResult(false, 12, found("of somebody", 12, 7)));
		this.loop.run();
		deleted(12, 7);
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.GONE);
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void recordThatSaysAlreadyThatItLeavesIsOnlyDeleted() {
		registeredLeaving("BYE");
		this.registrar.deregister(KEY);
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly("delete if at 10");
	}

	@Test
	void recordIsNotMarkedWithoutALease() {
		registeredLeaving("UP");
		registerLeaving("DOWN");
		this.registrar.deregister(KEY);
		this.loop.run();
		this.etcd.fail("put DOWN under 7 if at 10", Reason.LEASE_NOT_FOUND);
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly("delete if at 10");
	}

	private void registeredLeaving(String value) {
		registerLeaving(value);
		grant(7);
		this.etcd.answer("put " + value + " under 7 if at 0", new WriteResult(true, 10, null));
		this.loop.run();
	}

	private void registerLeaving(String value) {
		register(new RegistryEntry(KEY, bytes(value), bytes("BYE"), (found) -> false));
	}

}
