package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.WatchEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * When many instances vanish at once, without having said that they would.
 */
@ExtendWith(OutputCaptureExtension.class)
class VanishedInstancesTests extends ScriptedView {

	private static final Duration TTL = Duration.ofSeconds(10);

	private static final Duration RETAINED = Duration.ofSeconds(25);

	private ServiceView<String> view;

	private long revision = 10;

	@Test
	void halfOfTenThatVanishWithinATtlAreServedWhereThereAreNoOthers() {
		follow(TTL, "billing", 10, "orders", 4, "stock", 6);
		List<String> before = this.view.catalog().available("orders");
		delete("orders", 0, 3);
		this.loop.advance(Duration.ofSeconds(9));
		assertThat(this.view.catalog().available("orders")).hasSize(1);
		delete("orders", 3, 1);
		delete("billing", 0, 5);
		assertThat(this.view.catalog().available("orders")).as("four of ten, without billing, are no crowd").isEmpty();
		delete("stock", 0, 1);
		assertThat(this.view.catalog().available("orders")).isEqualTo(before);
		assertThat(this.view.catalog().available("stock")).as("there are others").hasSize(5).doesNotContain("UP 0");
		assertThat(this.view.catalog().all("orders")).as("etcd holds none").isEmpty();
		assertThat(this.view.catalog().services()).containsExactly("billing", "orders", "stock");
		assertThat(this.view.catalog().retained()).containsEntry("orders", before);
		assertThat(this.view.catalog().contains("orders")).isTrue();
		assertThat(this.view.catalog().contains("unheard-of")).isFalse();
	}

	@Test
	void whoeverDeletesTheInstancesOfOneServiceKeepsNobodyElsesDead() {
		follow(TTL, "orders", 2, "stock", 2, "tenant", 20);
		delete("orders", 0, 2);
		delete("tenant", 0, 20);
		assertThat(this.view.catalog().available("orders")).isEmpty();
		assertThat(this.view.catalog().retained()).containsOnlyKeys("tenant");
	}

	@Test
	void timeStandsStillWhileChangesDoNotArrive() {
		follow(TTL, "orders", 10);
		delete("orders", 0, 10);
		this.loop.advance(Duration.ofSeconds(20));
		ends(Reason.UNAVAILABLE);
		this.loop.advance(Duration.ofMinutes(5));
		assertThat(this.view.catalog().available("orders")).as("etcd cannot say that they are back").hasSize(10);
		watching(this.revision);
		this.loop.advance(Duration.ofMillis(4_999));
		assertThat(this.view.catalog().available("orders")).hasSize(10);
		this.loop.advance(Duration.ofMillis(1));
		assertThat(this.view.catalog().available("orders")).isEmpty();
	}

	@Test
	void servicesThatComeBackOneByOneCostTheSameHoweverManyThereAre() {
		int services = 4_000;
		Object[] all = IntStream.range(0, services).boxed().flatMap((i) -> Stream.of("s" + i, 1)).toArray();
		follow(TTL, all);
		happens(IntStream.range(0, services)
			.mapToObj((i) -> deleted("s" + i + "/0", ++this.revision))
			.toArray(WatchEvent[]::new));
		assertThat(this.view.catalog().available("s17")).hasSize(1);
		long begin = System.nanoTime();
		IntStream.range(0, services).forEach((i) -> put("s" + i, 0, "UP again"));
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).as("some 40 ms for every thousand, not for every one")
			.isLessThan(Duration.ofSeconds(3));
		assertThat(this.view.catalog().retained()).isEmpty();
	}

	@Test
	void crowdMayVanishOneByOneIfItIsQuick() {
		follow(TTL, "orders", 12);
		for (int i = 0; i < 12; i++) {
			delete("orders", i, 1);
			this.loop.advance(Duration.ofMillis(100));
		}
		assertThat(this.view.catalog().available("orders")).hasSize(12);
		this.loop.advance(RETAINED.minusMillis(1_150));
		assertThat(this.view.catalog().available("orders")).as("the first has gone, a second later go the others")
			.hasSize(11);
		this.loop.advance(Duration.ofMillis(1_100));
		assertThat(this.view.catalog().available("orders")).isEmpty();
	}

	@Test
	void crowdMayTakeJustTheTtlToVanish() {
		follow(TTL, "orders", 12);
		delete("orders", 0, 5);
		this.loop.advance(TTL);
		delete("orders", 5, 1);
		assertThat(this.view.catalog().retained().get("orders")).hasSize(6);
	}

	@Test
	void crowdIsLoggedOnceWithItsSize(CapturedOutput output) {
		follow(TTL, "orders", 12);
		delete("orders", 0, 6);
		delete("orders", 6, 1);
		assertThat(output).contains("6 of 12 instances under /services/ have vanished almost at once without"
				+ " deregistering: services that would have none left are served those for 25 s");
		assertThat(output.getOut()).containsOnlyOnce("have vanished");
	}

	@Test
	void changeOfNoInstanceLeavesTheInstancesTheSame() {
		follow(TTL, "orders", 10);
		delete("orders", 0, 5);
		Catalog<String> before = this.view.catalog();
		delete("stock", 7, 1);
		assertThat(this.view.catalog().revision()).isGreaterThan(before.revision());
		assertThat(this.view.catalog().hasSameInstances(before)).isTrue();
		put("stock", 7, "UP");
		assertThat(this.view.catalog().hasSameInstances(before)).isFalse();
	}

	@Test
	void thoseOfWhichItCannotBeSaidWhetherTheyAreAvailableAreNotRetained() {
		follow(TTL, "orders", 11);
		put("orders", 3, "THROW");
		delete("orders", 0, 11);
		assertThat(this.view.catalog().retained().get("orders")).hasSize(10).doesNotContain("THROW");
	}

	@Test
	void servedListsStayTheSameWhileOtherServicesComeBack() {
		follow(TTL, "orders", 12, "stock", 12);
		delete("orders", 0, 12);
		delete("stock", 0, 12);
		List<String> orders = this.view.catalog().available("orders");
		put("stock", 0, "UP again");
		assertThat(this.view.catalog().available("orders")).isSameAs(orders);
	}

	@Test
	void instanceOfWhichItCannotBeSaidWhetherItIsAvailableHarmsNobody() {
		follow(TTL, "orders", 10);
		put("orders", 3, "THROW");
		delete("orders", 3, 1);
		put("orders", 11, "UP");
		assertThat(this.view.catalog().all("orders")).hasSize(10);
		assertThat(this.view.catalog().revision()).isEqualTo(this.revision);
	}

	@Test
	void retainedInstancesAreLetGoOfAfterTheTtlAndFifteenSeconds() {
		follow(TTL, "orders", 10);
		delete("orders", 0, 10);
		this.loop.advance(RETAINED.minusMillis(1));
		assertThat(this.view.catalog().available("orders")).hasSize(10);
		Catalog<String> before = this.view.catalog();
		this.loop.advance(Duration.ofMillis(1));
		assertThat(this.view.catalog().available("orders")).isEmpty();
		assertThat(this.view.catalog().services()).isEmpty();
		assertThat(this.view.catalog().retained()).isEmpty();
		assertThat(this.view.catalog().hasSameInstances(before)).isFalse();
		assertThat(this.view.catalog().revision()).isEqualTo(this.revision);
	}

	@Test
	void instanceThatComesBackIsServedInsteadOfThoseThatHaveNot() {
		follow(TTL, "orders", 10);
		delete("orders", 0, 10);
		put("orders", 3, "UP again");
		assertThat(this.view.catalog().available("orders")).containsExactly("UP again");
		assertThat(this.view.catalog().retained().get("orders")).hasSize(9).doesNotContain("UP 3");
	}

	@Test
	void instanceThatIsThereButNotToBeCalledDoesNotCountAsOne() {
		follow(TTL, "orders", 10);
		put("orders", 10, "OUT");
		delete("orders", 0, 10);
		assertThat(this.view.catalog().available("orders")).hasSize(10);
		assertThat(this.view.catalog().all("orders")).containsExactly("OUT");
	}

	@Test
	void instancesThatSaidThatTheyWereLeavingAreNotRetained() {
		follow(TTL, "orders", 10);
		for (int i = 0; i < 10; i++) {
			put("orders", i, "OUT");
			delete("orders", i, 1);
		}
		assertThat(this.view.catalog().services()).isEmpty();
		assertThat(this.view.catalog().retained()).isEmpty();
	}

	@Test
	void fewInstancesAreNoCrowd() {
		follow(TTL, "orders", 9);
		delete("orders", 0, 9);
		assertThat(this.view.catalog().retained()).isEmpty();
		assertThat(this.view.catalog().services()).isEmpty();
	}

	@Test
	void instancesThatVanishOneAfterAnotherAreNoCrowd() {
		follow(TTL, "orders", 20);
		for (int i = 0; i < 20; i++) {
			delete("orders", i, 1);
			assertThat(this.view.catalog().retained()).isEmpty();
			this.loop.advance(TTL.plusMillis(1));
		}
	}

	@Test
	void whateverVanishesWithEtcdsHistoryIsRetained() {
		follow(TTL, "orders", 2, "stock", 1);
		List<String> before = this.view.catalog().available("orders");
		ends(Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		this.etcd.watch.onCreated(1);
		this.loop.run();
		while (!this.etcd.pending().isEmpty()) {
			this.etcd.fail(this.etcd.pending().get(0), Reason.FUTURE_REVISION);
		}
		this.loop.run();
		listed(2, found("stock/7", "UP 7", 2));
		assertThat(this.view.catalog().epoch()).isEqualTo(2);
		assertThat(this.view.catalog().available("orders")).isEqualTo(before);
		assertThat(this.view.catalog().available("stock")).containsExactly("UP 7");
	}

	@Test
	void nothingIsRetainedIfItIsNotWanted() {
		follow(Duration.ZERO, "orders", 10);
		delete("orders", 0, 10);
		assertThat(this.view.catalog().retained()).isEmpty();
		assertThat(this.view.catalog().services()).isEmpty();
	}

	/** Services with instances 0, 1 and so on. */
	private void follow(Duration ttl, Object... services) {
		this.view = view(ttl, VanishedInstancesTests::isAvailable);
		List<KeyValue> entries = new ArrayList<>();
		for (int i = 0; i < services.length; i += 2) {
			String service = services[i] + "/";
			IntStream.range(0, (int) services[i + 1])
				.mapToObj((id) -> found(service + id, "UP " + id, entries.size() + 1))
				.forEach(entries::add);
		}
		start(this.view, entries.toArray(KeyValue[]::new));
		watching(this.revision, entries.toArray(KeyValue[]::new));
	}

	private static boolean isAvailable(String value) {
		if (value.equals("THROW")) {
			throw new IllegalStateException("thrown on purpose");
		}
		return value.startsWith("UP");
	}

	private void put(String service, int id, String value) {
		happens(put(service + "/" + id, value, ++this.revision));
	}

	/** Each deletion at a revision of its own, all in one response. */
	private void delete(String service, int first, int count) {
		happens(IntStream.range(first, first + count)
			.mapToObj((id) -> deleted(service + "/" + id, ++this.revision))
			.toArray(WatchEvent[]::new));
	}

}
