package io.github.etcddiscovery.autoconfigure;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.instance.AllowedNetworks;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.instance.format.InstanceFormats;
import org.junit.jupiter.api.Test;

import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link SnapshotCodec}.
 */
class SnapshotCodecTests {

	private static final InstanceKey KEY = new InstanceKey("orders", "1");

	private final SnapshotCodec codec = new SnapshotCodec(
			Views.homeDecoder(new CheckedFormats(InstanceFormats.with(List.of()), AllowedNetworks.of(List.of()), false),
					new EtcdDiscoveryProperties()));

	@Test
	void everythingButSecretsIsKept() {
		ServiceInstance instance = new EtcdServiceInstance(new ServiceRecord(KEY, "10.0.0.5", 8443, true,
				InstanceStatus.UP, Map.of("zone", "eu-1", "password", "canary")), 255);
		assertThat(this.codec.key(instance)).isEqualTo(KEY);
		assertThat(this.codec.leaseId(instance)).isEqualTo(255);
		byte[] value = this.codec.encode(instance);
		assertThat(new String(value, StandardCharsets.UTF_8)).doesNotContain("canary");
		EtcdServiceInstance read = (EtcdServiceInstance) this.codec.decode(KEY, value, 255);
		assertThat(read).isEqualTo(instance);
		assertThat(read.isSecure()).isTrue();
		assertThat(read.isUp()).isTrue();
		assertThat(read.getLeaseId()).isEqualTo(255);
		assertThat(read.getMetadata()).isEqualTo(Map.of("zone", "eu-1"));
	}

	@Test
	void valueIsReadByTheRulesForEntriesInEtcd() {
		byte[] hostile = "{\"host\":\"169.254.169.254\",\"port\":80}".getBytes(StandardCharsets.UTF_8);
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.codec.decode(KEY, hostile, 1));
	}

}
