package io.github.etcddiscovery.cloud.registration;

import java.lang.reflect.Field;
import java.util.Map;

import io.github.etcddiscovery.cloud.loadbalancer.BoundedWeight;
import io.github.etcddiscovery.instance.InstanceStatus;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link EtcdRegistration} and {@link BoundedWeight}.
 */
class EtcdRegistrationTests {

	private final EtcdRegistration registration = registration();

	private static EtcdRegistration registration() {
		EtcdRegistration registration = new EtcdRegistration("orders", null, "10.0.0.5", 0, false, Map.of("zone", "a"));
		registration.setHost("10.0.0.5", "chosen");
		registration.setFormat("grpc");
		registration.setWriteAlso(new WriteAlso("/legacy/orders", "url"));
		registration.setBoundPorts(8080, 9090);
		registration.setStatus(InstanceStatus.DOWN);
		registration.setRefusing(true);
		return registration;
	}

	@Test
	void copySaysTheSameAndGoesItsOwnWay() {
		EtcdRegistration copy = this.registration.copy();
		assertThat(copy).usingRecursiveComparison().isEqualTo(this.registration);
		copy.getMetadata().put("zone", "b");
		copy.setHost("other");
		assertThat(this.registration.getMetadata()).containsEntry("zone", "a");
		assertThat(this.registration.getHost()).isEqualTo("10.0.0.5");
		assertThat(copy.getHostReason()).isEqualTo("set by hand");
	}

	@Test
	void copyWithPortMakesOneUpOnlyWhereThereIsNone() {
		assertThat(this.registration.copyWithPort().getPort()).isEqualTo(8080);
		this.registration.setBoundPorts(0, 0);
		assertThat(this.registration.getPort()).isZero();
		assertThat(this.registration.copyWithPort().getPort()).isEqualTo(1);
		this.registration.setPort(443);
		assertThat(this.registration.copyWithPort().getPort()).isEqualTo(443);
	}

	@Test
	void instanceIdIsTheAddressUnlessItIsSet() {
		assertThat(this.registration.getInstanceId()).isEqualTo("10.0.0.5:8080");
		this.registration.setHost("2001:db8::5");
		assertThat(this.registration.getInstanceId()).isEqualTo("[2001:db8::5]:8080");
		this.registration.setInstanceId("blue");
		assertThat(this.registration.getInstanceId()).isEqualTo("blue");
	}

	@Test
	void refusingTrafficHidesOnlyTheStatusUp() {
		assertThat(this.registration.getStatus()).isEqualTo(InstanceStatus.DOWN);
		this.registration.setStatus(InstanceStatus.UP);
		assertThat(this.registration.getStatus()).isEqualTo(InstanceStatus.OUT_OF_SERVICE);
		this.registration.setRefusing(false);
		assertThat(this.registration.getStatus()).isEqualTo(InstanceStatus.UP);
	}

	@Test
	void grpcPortIsPublishedUnlessTheUserSetsIt() {
		assertThat(this.registration.toRecord().metadata()).containsEntry("gRPC_port", "9090");
		this.registration.setPort(80);
		assertThat(this.registration.toRecord().metadata()).containsEntry("gRPC_port", "9090");
		this.registration.setPort(0);
		this.registration.getMetadata().put("gRPC_port", "1");
		assertThat(this.registration.toRecord().metadata()).containsEntry("gRPC_port", "1");
	}

	@Test
	void onlyServerThatSpeaksGrpcIsPublishedWithTheAdvertisedPort() {
		this.registration.setBoundPorts(9090, 9090);
		assertThat(this.registration.toRecord().metadata()).containsEntry("gRPC_port", "9090");
		this.registration.setPort(30090);
		assertThat(this.registration.toRecord().metadata()).containsEntry("gRPC_port", "30090");
		this.registration.setBoundPorts(9090, 0);
		assertThat(this.registration.toRecord().metadata()).doesNotContainKey("gRPC_port");
	}

	@Test
	void everyDifferenceIsFollowedAndWhatOthersChangedStays() {
		EtcdRegistration before = registration();
		EtcdRegistration after = new EtcdRegistration("invoices", "id", "10.0.0.6", 443, true, Map.of("team", "b"));
		after.setHost("10.0.0.6", "moved");
		after.setFormat("url");
		this.registration.getMetadata().put("own", "c");
		this.registration.follow(before, after);
		assertThat(this.registration.getServiceId()).isEqualTo("invoices");
		assertThat(this.registration.getInstanceId()).isEqualTo("id");
		assertThat(this.registration.getHost()).isEqualTo("10.0.0.6");
		assertThat(this.registration.getHostReason()).isEqualTo("moved");
		assertThat(this.registration.getPort()).isEqualTo(443);
		assertThat(this.registration.isSecure()).isTrue();
		assertThat(this.registration.getFormat()).isEqualTo("url");
		assertThat(this.registration.getWriteAlso()).isNull();
		assertThat(this.registration.getMetadata()).containsOnly(Map.entry("team", "b"), Map.entry("own", "c"));
	}

	@Test
	void noPropertyIsForgottenWhenARegistrationIsCopiedOrFollowed() throws IllegalAccessException {
		EtcdRegistration plain = new EtcdRegistration("plain", null, "plain", 0, false, Map.of());
		EtcdRegistration full = registration();
		full.setInstanceId("id");
		full.setPort(443);
		full.setSecure(true);
		for (Field field : EtcdRegistration.class.getDeclaredFields()) {
			field.setAccessible(true);
			assertThat(field.get(full)).as("Set %s here, so that this test notices it", field.getName())
				.isNotEqualTo(field.get(plain));
		}
		assertThat(full.copy()).usingRecursiveComparison().isEqualTo(full);
		EtcdRegistration follower = plain.copy();
		follower.follow(plain, full);
		assertThat(follower).usingRecursiveComparison()
			.ignoringFields("boundPort", "boundGrpcPort", "status", "refusing")
			.isEqualTo(full);
	}

	@Test
	void whatIsNoDifferenceDoesNotUndoWhatOthersChanged() {
		this.registration.setServiceId("own");
		this.registration.setInstanceId("own");
		this.registration.setHost("own");
		this.registration.setPort(1);
		this.registration.setSecure(true);
		this.registration.setFormat("address");
		this.registration.setWriteAlso(null);
		this.registration.getMetadata().put("zone", "own");
		EtcdRegistration expected = this.registration.copy();
		this.registration.follow(registration(), registration());
		assertThat(this.registration).usingRecursiveComparison().isEqualTo(expected);
	}

	@Test
	void removedMetadataStayWhereTheApplicationChangedThem() {
		EtcdRegistration after = registration();
		after.getMetadata().remove("zone");
		this.registration.getMetadata().put("zone", "own");
		this.registration.follow(registration(), after);
		assertThat(this.registration.getMetadata()).containsEntry("zone", "own");
	}

}
