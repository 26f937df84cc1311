package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.DefaultRequest;
import org.springframework.cloud.client.loadbalancer.Request;

import static io.github.etcddiscovery.cloud.loadbalancer.TestInstances.instance;
import static io.github.etcddiscovery.cloud.loadbalancer.TestInstances.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link SelectingInstanceListSupplier}, {@link InstanceSelector} and
 * {@link RecentLists}.
 */
@ExtendWith(OutputCaptureExtension.class)
class SelectingInstanceListSupplierTests {

	private static final ServiceInstance A = instance("a", "version=1", "color=blue");

	private static final ServiceInstance B = instance("b", "version=2", "color=blue");

	private static final ServiceInstance C = instance("c", "version=2", "color=red");

	private static final ServiceInstance D = instance("d");

	private static final Request<?> PLAIN = new DefaultRequest<>();

	private static final InstanceSelector VERSION_2 = new InstanceSelector(Map.of("version", Set.of("2")));

	private final TestInstances all = new TestInstances(A, B, C, D);

	private SelectingInstanceListSupplier supplier(InstanceSelector selector, boolean allWithoutMatch) {
		return new SelectingInstanceListSupplier(this.all, selector, Map.of("X-Version", "version", "X-Color", "color"),
				allWithoutMatch);
	}

	private static List<ServiceInstance> supplied(SelectingInstanceListSupplier supplier, Request<?> request) {
		return supplier.get(request).blockFirst();
	}

	@Test
	void onlyInstancesThatHaveOneOfTheValuesOfEachNameAreSupplied() {
		assertThat(supplied(supplier(VERSION_2, true), PLAIN)).containsExactly(B, C);
		assertThat(supplier(VERSION_2, true).get().blockFirst()).containsExactly(B, C);
		assertThat(supplied(supplier(VERSION_2.with("color", Set.of("red")), true), PLAIN)).containsExactly(C);
		assertThat(supplied(supplier(VERSION_2.with("version", Set.of("1", "2")), true), PLAIN)).containsExactly(A, B,
				C);
	}

	@Test
	void withoutASelectionAllAreSupplied() {
		assertThat(supplied(supplier(InstanceSelector.ALL, false), PLAIN)).isSameAs(this.all.get().blockFirst());
		assertThat(supplied(supplier(InstanceSelector.ALL, false), request(Map.of()))).hasSize(4);
	}

	@Test
	void headerOfTheRequestWinsOverTheProperty() {
		SelectingInstanceListSupplier supplier = supplier(VERSION_2, true);
		assertThat(supplied(supplier, request(Map.of("x-version", "1")))).containsExactly(A);
		assertThat(supplied(supplier, request(Map.of("X-Color", "red")))).as("both").containsExactly(C);
		assertThat(supplied(supplier, request(Map.of("X-Version", "1", "X-Color", "blue")))).as("two headers")
			.containsExactly(A);
		assertThat(supplied(supplier, request(Map.of("X-Version", "2", "X-Color", "blue")))).containsExactly(B);
		assertThat(supplied(supplier, request(Map.of("X-Version", " 1, 2,1 ")))).containsExactly(A, B, C);
		assertThat(supplied(supplier, request(Map.of("X-Version", " , ")))).as("nothing").containsExactly(B, C);
	}

	@Test
	void whereNoneMatchesAllOrNoneAreSuppliedAndTheLogSaysSoOnce(CapturedOutput output) {
		Request<?> nobody = request(Map.of("X-Version", "9"));
		SelectingInstanceListSupplier any = supplier(InstanceSelector.ALL, true);
		assertThat(supplied(any, nobody)).containsExactly(A, B, C, D);
		assertThat(supplied(any, nobody)).containsExactly(A, B, C, D);
		assertThat(output.toString().split("No available instance of stock has the metadata", -1)).hasSize(2);
		assertThat(output).contains("{version=[9]}: all of its instances are used");
		assertThat(supplied(supplier(InstanceSelector.ALL, false), nobody)).isEmpty();
		assertThat(output).contains("none is used, as spring.cloud.etcd.discovery.select-default is none");
	}

	@Test
	void emptyListStaysEmptyWithoutAWord(CapturedOutput output) {
		this.all.set();
		assertThat(supplied(supplier(VERSION_2, true), PLAIN)).isEmpty();
		assertThat(output).isEmpty();
	}

	@Test
	void listIsWorkedOutOnceUntilTheInstancesChange() {
		SelectingInstanceListSupplier supplier = supplier(VERSION_2, true);
		List<ServiceInstance> first = supplied(supplier, PLAIN);
		assertThat(supplied(supplier, PLAIN)).isSameAs(first);
		List<ServiceInstance> other = supplied(supplier, request(Map.of("X-Version", "1")));
		assertThat(supplied(supplier, request(Map.of("X-Version", "1")))).isSameAs(other);
		assertThat(supplied(supplier, PLAIN)).as("beside another selection").isSameAs(first);
		this.all.set(A, B);
		assertThat(supplied(supplier, PLAIN)).containsExactly(B);
	}

	@Test
	void tenThousandHeaderValuesLeaveAFewListsAndLinesBehind(CapturedOutput output) {
		SelectingInstanceListSupplier supplier = supplier(InstanceSelector.ALL, true);
		List<ServiceInstance> first = supplied(supplier, request(Map.of("X-Version", "2")));
		IntStream.range(10, 10_010)
			.forEach((i) -> assertThat(supplied(supplier, request(Map.of("X-Version", "" + i)))).hasSize(4));
		assertThat(supplied(supplier, request(Map.of("X-Version", "2")))).isEqualTo(first).isNotSameAs(first);
		assertThat(output.toString().lines()).hasSizeLessThanOrEqualTo(10);
	}

	@Test
	void lineInTheLogCannotBeForged(CapturedOutput output) {
		supplied(supplier(InstanceSelector.ALL, true), request(Map.of("X-Version", "1\nforged")));
		assertThat(output.toString().lines()).hasSize(1);
	}

	@Test
	void registeredInstancesAreSelectedInTheSameWay() {
		SelectingInstanceListSupplier supplier = supplier(VERSION_2, true);
		List<ServiceInstance> registered = List.of(A, B, C, D);
		assertThat(supplier.registered(PLAIN, List.of(B), registered)).containsExactly(B, C)
			.isSameAs(supplier.registered(PLAIN, List.of(B), registered));
		assertThat(supplier.registered(PLAIN, List.of(A), registered)).as("none matched").isSameAs(registered);
		assertThat(supplier.registered(PLAIN, List.of(), registered)).isSameAs(registered);
	}

	@Test
	void instanceWithoutMetadataIsNotSelected() {
		assertThat(VERSION_2.matches(mock(ServiceInstance.class))).isFalse();
		assertThat(InstanceSelector.ALL.matches(mock(ServiceInstance.class))).isTrue();
	}

}
