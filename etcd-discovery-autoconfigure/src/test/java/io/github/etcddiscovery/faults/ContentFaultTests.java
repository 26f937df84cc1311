package io.github.etcddiscovery.faults;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.instance.format.JsonInstanceCodec;
import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdVersions;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.ViewState;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static io.github.etcddiscovery.faults.Subject.KEY;
import static io.github.etcddiscovery.faults.Subject.PREFIX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What etcd holds is changed by others, or is large, or odd, or compacted.
 */
@OnEveryEtcd(EtcdVersions.MAINTAINED)
@Tag("slow")
class ContentFaultTests extends OneEtcdFaults {

	ContentFaultTests(EtcdBinary binary) {
		super(binary);
	}

	@Test
	void compactionWhileCutOff() throws Exception {
		measure("compactionWhileCutOff", Duration.ofSeconds(1).plus(NOISE), () -> {
			this.proxy.setRefusing(true);
			this.subject.awaitStale();
			this.subject.write(this.eyes);
			this.eyes.delete(Subject.WRITTEN);
			this.subject.write(this.eyes);
			this.eyes.compact(this.eyes.revision());
			this.proxy.setRefusing(false);
			return untilAWriteIsSeen();
		});
		assertThat(this.subject.view().catalog().epoch()).as("V3: the history is the same").isEqualTo(1);
		this.subject.assertEqualToEtcd(this.eyes);
	}

	@Test
	void leaseRevokedBySomebody() throws Exception {
		measure("leaseRevokedBySomebody", Duration.ofSeconds(2), () -> {
			this.eyes.revoke(this.subject.registrar().leaseId(KEY));
			return untilTheRecordIsThere();
		});
		assertAllIsWell();
	}

	@Test
	void keyDeletedBySomebody() throws Exception {
		measure("keyDeletedBySomebody", Duration.ofSeconds(2), () -> {
			this.eyes.delete(KEY);
			return untilTheRecordIsThere();
		});
		assertAllIsWell();
	}

	@Test
	void keyOverwrittenBySomebody() throws Exception {
		measure("keyOverwrittenBySomebody", Duration.ofSeconds(2), () -> {
			this.eyes.put(KEY, "somebody's");
			return untilTheRecordIsThere();
		});
		assertAllIsWell();
	}

	@Test
	void slowLinkAtFiveThousandInstances() throws Exception {
		writeMany(5_000);
		this.proxy.setRefusing(true);
		this.subject.awaitStale();
		this.eyes.put(PREFIX + "many/0", "changed while away");
		// So that all of it has to be read again: 1.5 MB.
		this.eyes.compact(this.eyes.revision());
		this.proxy.setBytesPerSecond(500_000);
		this.proxy.setRefusing(false);
		this.subject.awaitSeen(PREFIX + "many/0", "changed while away");
		this.proxy.setBytesPerSecond(Long.MAX_VALUE);
		this.subject.awaitCurrent();
		this.subject.assertEqualToEtcd(this.eyes);
	}

	@Test
	void compactionInMidList() throws Exception {
		// Two pages of 5,000 and a third.
		writeMany(11_000);
		this.proxy.setRefusing(true);
		this.subject.awaitStale();
		this.eyes.put(PREFIX + "many/0", "changed while away");
		this.eyes.compact(this.eyes.revision());
		this.proxy.setBytesPerSecond(1_500_000);
		this.proxy.setRefusing(false);
		await().atMost(SOON)
			.pollInterval(Duration.ofMillis(1))
			.until(() -> this.subject.view().state() == ViewState.LISTING);
		this.eyes.put(PREFIX + "many/1", "changed in mid-list");
		this.eyes.compact(this.eyes.revision());
		assertThat(this.subject.view().state()).as("the list is still being read").isEqualTo(ViewState.LISTING);
		this.proxy.setBytesPerSecond(Long.MAX_VALUE);
		this.subject.awaitSeen(PREFIX + "many/1", "changed in mid-list");
		this.subject.awaitCurrent();
		this.subject.assertEqualToEtcd(this.eyes);
		assertThat(this.subject.view().catalog().epoch()).as("V3: the history is the same").isEqualTo(1);
	}

	@Test
	void oneKeyWrittenAHundredTimesASecond() {
		String key = PREFIX + "orders/often";
		for (int i = 0; i < 1_000; i++) {
			String value = "write " + i;
			this.eyes.put(key, value);
			this.subject.registrar().register(RegistryEntry.of(KEY, value));
			await().pollDelay(Duration.ofMillis(9)).atMost(SOON).until(() -> true);
		}
		this.subject.awaitSeen(key, "write 999");
		this.subject.awaitSeen(KEY, "write 999");
		this.subject.assertEqualToEtcd(this.eyes);
		this.subject.assertWhatWasPublishedWasTrue(this.eyes);
		assertThat(this.eyes.get(KEY).getLease()).isEqualTo(this.subject.registrar().leaseId(KEY)).isNotZero();
	}

	@Test
	void valuesThatAreNoRecordsHarmNobodyElse() {
		JsonInstanceCodec codec = new JsonInstanceCodec();
		try (ServiceView<ServiceRecord> view = new ServiceView<>(this.subject.client(),
				new KeyLayout("/records").ranges(), (key, keyValue) -> codec.decode(key, keyValue.value()),
				(record) -> true)) {
			view.start();
			List<byte[]> odd = List.of(bytes("{\"host\":"), bytes("[".repeat(100_000)), new byte[] { 0 },
					new byte[] { (byte) 0xc3, 0x28 }, new byte[1_400_000], bytes("null"), bytes("\"h\""),
					bytes("{\"host\":\"h\u0000\",\"port\":1}"), bytes("{\"host\":\"h\",\"port\":-1}"), new byte[0]);
			String record = "{\"host\":\"h\",\"port\":1}";
			for (int i = 0; i < odd.size(); i++) {
				this.eyes.put("/records/orders/good-" + i, record);
				this.eyes.put("/records/orders/odd-" + i, odd.get(i));
				this.eyes.put("/records/orders/odd/" + i + "/deep", odd.get(i));
			}
			this.eyes.put("/records/orders/last", record);
			await().atMost(SOON).until(() -> view.catalog().all("orders").size() == odd.size() + 1);
			assertThat(view.state()).isEqualTo(ViewState.WATCHING);
			this.proxy.cut();
			this.eyes.delete("/records/orders/last");
			await().atMost(SOON).until(() -> view.catalog().all("orders").size() == odd.size());
		}
	}

	private void writeMany(int instances) throws Exception {
		for (int i = 0; i < instances; i += 100) {
			int from = i;
			CompletableFuture
				.allOf(IntStream.range(from, from + 100)
					.mapToObj((id) -> this.eyes.client()
						.getKVClient()
						.put(EtcdEyes.bytes(PREFIX + "many/" + id), EtcdEyes.bytes("v".repeat(200))))
					.toArray(CompletableFuture[]::new))
				.get(20, TimeUnit.SECONDS);
		}
	}

}
