package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.DefaultRequest;

import static io.github.etcddiscovery.cloud.loadbalancer.TestInstances.instance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link ZonesInstanceListSupplier} and {@link MinAvailable}.
 */
@ExtendWith(OutputCaptureExtension.class)
class ZonesInstanceListSupplierTests {

	private static final ServiceInstance HOME_1 = instance("h1", "zone=home");

	private static final ServiceInstance HOME_2 = instance("h2", "zone=HOME");

	private static final List<ServiceInstance> NEAR = IntStream.range(0, 10)
		.mapToObj((i) -> instance("n" + i, "zone=near"))
		.toList();

	private static final ServiceInstance ELSEWHERE = instance("e", "zone=elsewhere");

	private static final ServiceInstance NOWHERE = instance("x");

	private final TestInstances available = new TestInstances();

	private List<ServiceInstance> registered = List.of();

	private ZonesInstanceListSupplier supplier(String minAvailable, long caller) {
		return new ZonesInstanceListSupplier(this.available, List.of("home", "near"), MinAvailable.parse(minAvailable),
				(request, list) -> this.registered, caller);
	}

	private List<ServiceInstance> chosen(String minAvailable) {
		return chosen(minAvailable, 1);
	}

	private List<ServiceInstance> chosen(String minAvailable, long caller) {
		return supplier(minAvailable, caller).get(new DefaultRequest<>()).blockFirst();
	}

	private void available(Object... instances) {
		List<ServiceInstance> list = new ArrayList<>();
		for (Object instance : instances) {
			if (instance instanceof ServiceInstance one) {
				list.add(one);
			}
			else {
				((List<?>) instance).forEach((one) -> list.add((ServiceInstance) one));
			}
		}
		this.available.set(list.toArray(ServiceInstance[]::new));
	}

	@Test
	void firstZoneIsUsedAloneWhileItHasEnough() {
		available(ELSEWHERE, HOME_1, NEAR, HOME_2);
		assertThat(chosen("1")).containsExactly(HOME_1, HOME_2);
		assertThat(chosen("2")).containsExactly(HOME_1, HOME_2);
		assertThat(supplier("1", 1).get().blockFirst()).containsExactly(HOME_1, HOME_2);
	}

	@Test
	void asManyAsAreMissingJoinFromTheNextZone() {
		available(ELSEWHERE, HOME_1, NEAR, HOME_2);
		assertThat(chosen("5")).hasSize(5).startsWith(HOME_1, HOME_2).doesNotContain(ELSEWHERE);
		assertThat(chosen("13")).hasSize(13).startsWith(HOME_1, HOME_2).containsAll(NEAR).endsWith(ELSEWHERE);
		assertThat(chosen("999999")).hasSize(13);
	}

	@Test
	void zoneWithoutAnAvailableInstanceIsReplacedByTheWholeNextOne() {
		available(NEAR, ELSEWHERE);
		assertThat(chosen("1")).containsExactlyElementsOf(NEAR);
		available(ELSEWHERE, NOWHERE);
		assertThat(chosen("1")).containsExactly(ELSEWHERE, NOWHERE);
		available();
		assertThat(chosen("1")).isEmpty();
	}

	@Test
	void logTellsWhenOtherZonesJoinAndWhenThatIsOver(CapturedOutput output) {
		ZonesInstanceListSupplier supplier = supplier("2", 1);
		available(HOME_1, HOME_2, NEAR);
		supplier.get().blockFirst();
		assertThat(output).isEmpty();
		available(HOME_1, NEAR);
		supplier.get().blockFirst();
		supplier.get().blockFirst();
		assertThat(output.toString().lines()).singleElement()
			.asString()
			.contains("Instances of stock now come from the zones [home, near]: 2 in use, 2 wanted");
		available(ELSEWHERE);
		supplier.get().blockFirst();
		available();
		supplier.get().blockFirst();
		available(HOME_1, HOME_2, NEAR);
		supplier.get().blockFirst();
		assertThat(output).contains("zones [others]: 1 in use, 2 wanted").contains("zones [home]: 2 in use, 2 wanted");
		assertThat(output.toString().lines()).hasSize(3);
	}

	@Test
	void zoneThatIsNamedTwiceCountsOnce(CapturedOutput output) {
		available(NEAR, ELSEWHERE);
		ZonesInstanceListSupplier supplier = new ZonesInstanceListSupplier(this.available,
				List.of("home", "Home", "near"), MinAvailable.parse("11"), (request, list) -> List.of(), 1);
		assertThat(supplier.get().blockFirst()).hasSize(11).endsWith(ELSEWHERE);
		assertThat(output).contains("the zones [near, others]");
	}

	@Test
	void percentageIsOfTheRegisteredInstancesOfTheFirstZoneThatHasAny() {
		this.registered = List.of(HOME_1, HOME_2, instance("h3", "zone=home"), instance("h4", "zone=home"), ELSEWHERE);
		available(HOME_1, HOME_2, NEAR);
		assertThat(chosen("50%")).containsExactly(HOME_1, HOME_2);
		assertThat(chosen("51%")).as("rounded up").hasSize(3);
		assertThat(chosen("100%")).hasSize(4);
		this.registered = NEAR;
		assertThat(chosen("50%")).as("nobody is registered at home any more").hasSize(5);
		this.registered = List.of();
		assertThat(chosen("50%")).containsExactly(HOME_1, HOME_2);
	}

	@Test
	void callersTakeDifferentInstancesAndKeepThemWhenOthersCome() {
		available(HOME_1, NEAR);
		Set<ServiceInstance> taken = new HashSet<>();
		for (int caller = 0; caller < 100; caller++) {
			available(HOME_1, NEAR);
			List<ServiceInstance> before = chosen("3", caller);
			assertThat(before).hasSize(3);
			taken.addAll(before);
			available(HOME_1, NEAR.stream().filter((one) -> before.contains(one) || one == NEAR.get(0)).toList());
			assertThat(chosen("3", caller)).containsExactlyElementsOf(before);
		}
		assertThat(taken).hasSize(11);
	}

	@Test
	void callersTakeDifferentInstancesOfOneHost() {
		available(HOME_1,
				IntStream.range(0, 10)
					.mapToObj((port) -> new DefaultServiceInstance("" + port, "stock", "host", port, false,
							Map.of("zone", "near")))
					.toList());
		assertThat(IntStream.range(0, 100).mapToObj((caller) -> chosen("2", caller).get(1)).distinct()).hasSize(10);
	}

	@Test
	void listIsWorkedOutOnceUntilInstancesChange() {
		available(HOME_1, NEAR);
		ZonesInstanceListSupplier supplier = supplier("50%", 1);
		this.registered = List.of(HOME_1);
		List<ServiceInstance> first = supplier.get(new DefaultRequest<>()).blockFirst();
		assertThat(supplier.get(new DefaultRequest<>()).blockFirst()).isSameAs(first);
		this.registered = List.of(HOME_1, HOME_2, instance("h3", "zone=home"), instance("h4", "zone=home"));
		assertThat(supplier.get(new DefaultRequest<>()).blockFirst()).hasSize(2);
	}

	@ParameterizedTest
	@CsvSource({ "1, 7, 1", "3, 7, 3", "' 12 ', 7, 12", "50%, 7, 4", "100%, 7, 7", "1%, 7, 1", "1%, 0, 1" })
	void floorIsANumberOrAPercentage(String text, int registered, int expected) {
		assertThat(MinAvailable.parse(text).forRegistered(registered)).isEqualTo(expected);
	}

	@ParameterizedTest
	@ValueSource(strings = { "0", "0%", "-1", "101%", "1.5", "many", "", "%", "99999999", "50 %" })
	void otherFloorsAreRefused(String text) {
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> MinAvailable.parse(text))
			.satisfies((ex) -> assertThat(ex.part()).isEqualTo("min-available"));
	}

	@Test
	void nameOfAClusterIsAZoneForInstancesWithoutAListedOne() {
		ServiceInstance remote = inCluster("home", Map.of("zone", "us-1"));
		ServiceInstance elsewhere = inCluster("other", Map.of("zone", "near"));
		available(remote, elsewhere);
		assertThat(chosen("1")).containsExactly(remote);
		available(elsewhere, inCluster("unlisted", Map.of()));
		assertThat(chosen("1")).as("its own zone counts first").containsExactly(elsewhere);
	}

	private static ServiceInstance inCluster(String cluster, Map<String, String> metadata) {
		return EtcdServiceInstance.of(
				new ServiceRecord(new InstanceKey("stock", cluster), "h", 80, false, InstanceStatus.UP, metadata), 0,
				cluster);
	}

}
