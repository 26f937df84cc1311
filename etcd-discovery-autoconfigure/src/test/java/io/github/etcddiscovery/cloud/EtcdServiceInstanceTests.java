package io.github.etcddiscovery.cloud;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link EtcdServiceInstance}.
 */
class EtcdServiceInstanceTests {

	private static final EtcdServiceInstance INSTANCE = instance("orders", "1", "10.0.0.5", 80, false,
			InstanceStatus.UP, Map.of("zone", "a"));

	private static EtcdServiceInstance instance(String service, String id, String host, int port, boolean secure,
			InstanceStatus status, Map<String, String> metadata) {
		return new EtcdServiceInstance(
				new ServiceRecord(new InstanceKey(service, id), host, port, secure, status, metadata), 7);
	}

	@Test
	void metadataStatusAndLeaseDoNotCountForEquality() {
		EtcdServiceInstance changed = new EtcdServiceInstance(
				new ServiceRecord(new InstanceKey("orders", "1"), "10.0.0.5", 80, false, InstanceStatus.DOWN, Map.of()),
				8);
		assertThat(changed).isEqualTo(INSTANCE).hasSameHashCodeAs(INSTANCE);
	}

	static Stream<EtcdServiceInstance> others() {
		return Stream.of(instance("stock", "1", "10.0.0.5", 80, false, InstanceStatus.UP, Map.of()),
				instance("orders", "2", "10.0.0.5", 80, false, InstanceStatus.UP, Map.of()),
				instance("orders", "1", "10.0.0.6", 80, false, InstanceStatus.UP, Map.of()),
				instance("orders", "1", "10.0.0.5", 81, false, InstanceStatus.UP, Map.of()),
				instance("orders", "1", "10.0.0.5", 80, true, InstanceStatus.UP, Map.of()));
	}

	@ParameterizedTest
	@MethodSource("others")
	void instanceAtAnotherAddressOrOfAnotherNameIsNotEqual(EtcdServiceInstance other) {
		assertThat(other).isNotEqualTo(INSTANCE);
		assertThat(INSTANCE).isNotEqualTo(other);
	}

	@Test
	void isNotEqualToOtherTypes() {
		assertThat(INSTANCE.equals(null)).isFalse();
		assertThat(INSTANCE).isNotEqualTo("orders");
	}

	@Test
	void everySetterIsRefused() {
		List<ThrowingCallable> setters = List.of(() -> INSTANCE.setHost("h"), () -> INSTANCE.setPort(1),
				() -> INSTANCE.setSecure(true), () -> INSTANCE.setServiceId("s"), () -> INSTANCE.setInstanceId("i"),
				() -> INSTANCE.setUri(URI.create("http://h:1")));
		assertThat(setters)
			.allSatisfy((setter) -> assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(setter)
				.withMessageContaining("is shared and cannot be changed: copy it"));
		assertThat(INSTANCE.getMetadata()).isUnmodifiable();
	}

	@Test
	void onlyStatusUpIsUp() {
		for (InstanceStatus status : InstanceStatus.values()) {
			assertThat(instance("orders", "1", "h", 1, false, status, Map.of()).isUp())
				.isEqualTo(status == InstanceStatus.UP);
		}
	}

	@Test
	void uriHasTheSchemeAndBracketsAroundAnIpv6Address() {
		assertThat(INSTANCE.getUri()).hasToString("http://10.0.0.5:80");
		assertThat(instance("orders", "1", "2001:db8::5", 443, true, InstanceStatus.UP, Map.of()).getUri())
			.hasToString("https://[2001:db8::5]:443");
		assertThat(INSTANCE.getScheme()).as("a scheme would override that of the request").isNull();
		assertThat(INSTANCE.getLeaseId()).isEqualTo(7);
	}

	@Test
	void clusterIsMetadataThatNoRecordCanForge() {
		ServiceRecord record = new ServiceRecord(new InstanceKey("orders", "1"), "10.0.0.5", 80, false,
				InstanceStatus.UP, Map.of("zone", "a", "cluster", "forged"));
		EtcdServiceInstance remote = EtcdServiceInstance.of(record, 7, "us");
		assertThat(remote.getCluster()).isEqualTo("us");
		assertThat(remote.getMetadata()).isEqualTo(Map.of("zone", "a", "cluster", "us")).isUnmodifiable();
		assertThat(remote).isEqualTo(INSTANCE).asString().contains("in cluster us");
		assertThat(INSTANCE.getCluster()).isEqualTo("home");
		assertThat(INSTANCE).asString().doesNotContain("cluster");
	}

}
