package io.github.etcddiscovery.test;

import java.util.List;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KeyValue;
import org.junit.jupiter.api.Test;

import static io.github.etcddiscovery.test.RawEtcd.bytes;
import static org.assertj.core.api.Assertions.assertThat;

class MvccStoreTests {

	private static final Keys ALL = new Keys(Keys.ZERO, Keys.ZERO);

	private final MvccStore store = new MvccStore();

	@Test
	void changesShareARevisionUntilTheyAreCommitted() {
		this.store.begin();
		this.store.put(bytes("a"), bytes("1"), 0);
		this.store.put(bytes("b"), bytes("2"), 0);
		assertThat(this.store.currentRevision()).isEqualTo(2);
		assertThat(this.store.revision()).isEqualTo(1);
		assertThat(this.store.commit()).hasSize(2);
		assertThat(this.store.revision()).isEqualTo(2);
		assertThat(this.store.changesFrom(2)).containsOnlyKeys(2L);
	}

	@Test
	void nothingCommittedIsNoRevision() {
		this.store.begin();
		assertThat(this.store.commit()).isEmpty();
		assertThat(this.store.revision()).isEqualTo(1);
	}

	@Test
	void changesThatAreTakenBackHaveNeverHappened() {
		put("a", "1");
		this.store.begin();
		this.store.put(bytes("a"), bytes("2"), 0);
		this.store.put(bytes("b"), bytes("3"), 0);
		this.store.delete(ALL);
		this.store.rollback();
		assertThat(this.store.range(ALL, 0)).extracting(KeyValue::getValue).containsExactly(bytes("1"));
		assertThat(this.store.currentRevision()).isEqualTo(2);
		assertThat(this.store.size()).isEqualTo(2);
	}

	@Test
	void compactionKeepsWhatCanStillBeReadAndNothingElse() {
		put("a", "1");
		put("a", "2");
		put("b", "3");
		this.store.begin();
		this.store.delete(new Keys(bytes("b"), ByteString.EMPTY));
		this.store.commit();
		put("c", "4");
		this.store.compact(5);
		assertThat(this.store.range(ALL, 5)).extracting(KeyValue::getValue).containsExactly(bytes("2"));
		assertThat(this.store.size()).isEqualTo(5);
		this.store.compact(6);
		assertThat(this.store.size()).as("the mark of the deletion is gone too").isEqualTo(4);
		assertThat(this.store.changesFrom(0)).containsOnlyKeys(6L);
	}

	@Test
	void keysAreComparedByteByByteUnsigned() {
		this.store.begin();
		List.of(new byte[] { (byte) 0xff }, new byte[] { 0x7f }, new byte[] { 0x7f, 0 })
			.forEach((key) -> this.store.put(ByteString.copyFrom(key), ByteString.EMPTY, 0));
		this.store.commit();
		assertThat(this.store.range(ALL, 0)).extracting((version) -> version.getKey().byteAt(0))
			.containsExactly((byte) 0x7f, (byte) 0x7f, (byte) 0xff);
	}

	@Test
	void oneKeyMayChangeTwiceInARevisionAndTheLastChangeCounts() {
		put("a", "1");
		this.store.begin();
		this.store.delete(ALL);
		this.store.put(bytes("a"), bytes("2"), 0);
		assertThat(this.store.commit()).extracting(Event::getType)
			.containsExactly(Event.EventType.DELETE, Event.EventType.PUT);
		assertThat(this.store.get(bytes("a")).getVersion()).isEqualTo(1);
		assertThat(this.store.get(bytes("a"), 2).getValue()).isEqualTo(bytes("1"));
	}

	private void put(String key, String value) {
		this.store.begin();
		this.store.put(bytes(key), bytes(value), 0);
		this.store.commit();
	}

}
