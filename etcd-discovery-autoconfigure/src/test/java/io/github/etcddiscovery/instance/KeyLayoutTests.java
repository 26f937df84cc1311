package io.github.etcddiscovery.instance;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class KeyLayoutTests {

	private static final InstanceKey KEY = new InstanceKey("orders", "10.0.0.5:8080");

	@Test
	void keysAreWrittenAndReadUnderAnyPrefix() {
		for (String prefix : List.of("/services", "/services/", "/services//")) {
			KeyLayout layout = new KeyLayout(prefix);
			assertThat(layout.format(KEY)).isEqualTo("/services/orders/10.0.0.5:8080");
			assertThat(layout.ranges()).singleElement()
				.returns("/services/", KeyRange::prefix)
				.returns(KEY, (range) -> range.parse("/services/orders/10.0.0.5:8080"));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "/services/orders", "/services/", "/services/orders/", "/services/orders/a/b",
			"/services//a", "/other/orders/a", "/services-old/orders/a" })
	void refusesKeysOfAnotherLayout(String key) {
		KeyRange range = new KeyRange("/services/", null, Set.of());
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> range.parse(key));
	}

	@ParameterizedTest
	@ValueSource(strings = { "/services/orders/", "/services/orders/a/b", "/services/stock/a" })
	void refusesKeysOfAnotherLayoutInTheRangeOfOneService(String key) {
		KeyRange range = new KeyLayout("/services").range("orders");
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> range.parse(key));
	}

	@Test
	void mappedServiceIsKeptUnderItsOwnPrefixOnly() {
		KeyLayout layout = new KeyLayout("/services", Map.of("orders", "orders.rpc"));
		assertThat(layout.format(KEY)).isEqualTo("orders.rpc/10.0.0.5:8080");
		assertThat(layout.ranges()).extracting(KeyRange::prefix).containsExactly("/services/", "orders.rpc/");
		KeyRange common = layout.ranges().get(0);
		KeyRange own = layout.ranges().get(1);
		assertThat(own.parse("orders.rpc/7587")).isEqualTo(new InstanceKey("orders", "7587"));
		assertThat(common.holds("orders")).isFalse();
		assertThat(common.holds("stock")).isTrue();
		assertThat(own.holds("orders")).isTrue();
		assertThat(own.holds("stock")).isFalse();
		assertThat(common.isElsewhere("/services/orders/a")).isTrue();
		assertThat(common.isElsewhere("/services/stock/a")).isFalse();
		assertThat(common.isElsewhere("/services/orders")).isFalse();
		assertThat(own.isElsewhere("orders.rpc/orders/a")).isFalse();
	}

	@Test
	void mappedPrefixMayBeTheServicesOwnPlaceButNotThatOfOthers() {
		assertThat(new KeyLayout("/services", Map.of("orders", "/services/orders")).format(KEY))
			.isEqualTo("/services/orders/10.0.0.5:8080");
		for (String prefix : List.of("/services", "/services/")) {
			assertThatExceptionOfType(InvalidValueException.class)
				.isThrownBy(() -> new KeyLayout("/services", Map.of("orders", prefix)))
				.withMessageContaining("/services/ does not begin with");
		}
		Map<String, String> nested = new LinkedHashMap<>();
		nested.put("orders", "/rpc");
		nested.put("stock", "/rpc/stock");
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> new KeyLayout("/services", nested))
			.withMessageContaining("prefix of service stock")
			.withMessageContaining("orders");
		nested.put("stock", "/rpc-stock");
		assertThat(new KeyLayout("/services", nested).ranges()).hasSize(3);
	}

	@Test
	void someServicesHaveARangeEach() {
		KeyLayout layout = new KeyLayout("/services", Map.of("orders", "/orders.rpc", "unused", "/x"));
		assertThat(layout.ranges(List.of("stock", "orders", "stock"))).extracting(KeyRange::prefix)
			.containsExactly("/services/stock/", "/orders.rpc/");
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> layout.ranges(List.of("a/b")))
			.withMessageContaining("'a/b'");
	}

	@Test
	void keyForOthersIsOutsideOfAllThatIsReadHere() {
		KeyLayout layout = new KeyLayout("/services", Map.of("stock", "/stock.rpc"));
		assertThat(layout.formatOutside(KEY, "/legacy/orders/")).isEqualTo("/legacy/orders/10.0.0.5:8080");
		for (String prefix : List.of("/services/orders", "/services", "/stock.rpc/more")) {
			assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> layout.formatOutside(KEY, prefix))
				.withMessageContaining("service-prefix")
				.withMessageContaining("where this application discovers instances itself");
		}
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> layout.formatOutside(KEY, "/"))
			.withMessageContaining("a key prefix such as /legacy/orders");
	}

	@Test
	void keyOfAnotherLayoutIsToldWhatWasExpected() {
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> new KeyRange("/services/", null, Set.of()).parse("/services/orders"))
			.returns("key", InvalidValueException::part)
			.returns("/services/{service-id}/{instance-id}", InvalidValueException::expected);
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> new KeyLayout("/services").range("orders").parse("/services/stock/a"))
			.returns("/services/orders/{instance-id}", InvalidValueException::expected);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "/", "//" })
	void refusesAPrefixThatIsEmpty(String prefix) {
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> new KeyLayout(prefix))
			.withMessageContaining("prefix");
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> new KeyLayout("/services", Map.of("orders", prefix)))
			.withMessageContaining("prefix of service orders");
	}

	@Test
	void prefixIsShorterThanTheKeysThatAreKeptWhole() {
		assertThat(new KeyLayout("/" + "p".repeat(1_022)).ranges()).hasSize(1);
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> new KeyLayout("/" + "p".repeat(1_023)))
			.withMessageContaining("expected fewer than 1024 bytes");
	}

	@Test
	void rangeTellsWhoseShareOfTheLogABadKeyTakes() {
		KeyRange common = new KeyRange("/services/", null, Set.of());
		assertThat(common.service("/services/orders/a/b")).isEqualTo("orders");
		assertThat(common.service("/services/orders")).isEqualTo("orders");
		assertThat(common.service("/services/" + "x".repeat(1_000))).isEqualTo("x".repeat(128));
		assertThat(common.service("/services/")).isEmpty();
		assertThat(new KeyLayout("/services").range("orders").service("/services/orders/a/b")).isEqualTo("orders");
	}

}
