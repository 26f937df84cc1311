package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link LoadBalancerConfigurations}.
 */
class LoadBalancerConfigurationNamesTests {

	private static final String EVERYWHERE = "spring.cloud.loadbalancer.configurations";

	private final MockEnvironment environment = new MockEnvironment();

	private final EtcdLoadBalancingProperties properties = new EtcdLoadBalancingProperties();

	private Iterable<String> names(String service) {
		return LoadBalancerConfigurations.of(this.environment, service, List.of());
	}

	private void check() {
		LoadBalancerConfigurations.check(this.environment, this.properties.toSettings());
	}

	private InvalidConfigurationPropertyValueException refused() {
		return assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class).isThrownBy(this::check)
			.actual();
	}

	@Test
	void withoutThePropertyThereAreNone() {
		assertThat(names("stock")).isEmpty();
		assertThatCode(this::check).doesNotThrowAnyException();
	}

	@ParameterizedTest
	@ValueSource(strings = { "weighted,health-check", " Health-Check , WEIGHTED", "weighted,weighted,health-check" })
	void namesAreSeparatedByCommasInAnyOrder(String value) {
		this.environment.setProperty(EVERYWHERE, value);
		assertThat(names("stock")).containsExactlyInAnyOrder("weighted", "health-check");
	}

	@Test
	void namesMayBeAList() {
		this.environment.setProperty(EVERYWHERE + "[0]", "subset");
		this.environment.setProperty(EVERYWHERE + "[1]", "api-version");
		assertThat(names("stock")).containsExactlyInAnyOrder("subset", "api-version");
	}

	@Test
	void emptyValueStandsForNone() {
		this.environment.setProperty(EVERYWHERE, "");
		assertThat(names("stock")).isEmpty();
	}

	@Test
	void namesOfOneServiceReplaceThoseOfAll() {
		this.environment.setProperty(EVERYWHERE, "weighted");
		this.environment.setProperty("spring.cloud.loadbalancer.clients.stock.configurations", "zone-preference");
		this.environment.setProperty("spring.cloud.loadbalancer.clients.cart.configurations[0]", "subset");
		this.environment.setProperty("spring.cloud.loadbalancer.clients[a.b].configurations", "default");
		this.environment.setProperty("spring.cloud.loadbalancer.clients.c.d.configurations", "health-check");
		assertThat(names("stock")).containsExactly("zone-preference");
		assertThat(names("cart")).containsExactly("subset");
		assertThat(names("a.b")).containsExactly("default");
		assertThat(names("c.d")).containsExactly("health-check");
		assertThat(names("other")).containsExactly("weighted");
	}

	@Test
	void unknownNameIsRefusedWithThoseThatAreKnown() {
		this.environment.setProperty(EVERYWHERE, "health-check,wieghted");
		InvalidConfigurationPropertyValueException ex = refused();
		assertThat(ex.getName()).isEqualTo(EVERYWHERE);
		assertThat(ex.getValue()).isEqualTo("wieghted");
		assertThat(ex.getReason())
			.isEqualTo("Expected one or more of default, health-check, zone-preference, api-version,"
					+ " subset, request-based-sticky-session, same-instance-preference, weighted, least-requests, separated by commas.");
	}

	@ParameterizedTest
	@ValueSource(strings = { "clients.stock.configurations", "clients[a.b].configurations",
			"clients.stock.configurations[0]" })
	void unknownNameOfOneServiceIsRefusedAtTheStart(String property) {
		this.environment.setProperty("spring.cloud.loadbalancer." + property, "nope");
		assertThat(refused().getName()).isEqualTo("spring.cloud.loadbalancer." + property.replace("[0]", ""));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "default,weighted | means that no other name applies",
			"weighted,least-requests | each of them picks",
			"same-instance-preference,request-based-sticky-session | would keep to the same instance",
			"weighted,same-instance-preference | not both", "same-instance-preference,least-requests | not both" })
	void namesThatExcludeEachOtherAreRefused(String value, String reason) {
		this.environment.setProperty(EVERYWHERE, value);
		assertThat(refused().getReason()).contains(reason);
	}

	@ParameterizedTest
	@ValueSource(strings = { "weighted,request-based-sticky-session", "least-requests,request-based-sticky-session",
			"health-check,zone-preference,api-version,subset,request-based-sticky-session,weighted" })
	void othersCanBeCombined(String value) {
		this.environment.setProperty(EVERYWHERE, value);
		assertThatCode(this::check).doesNotThrowAnyException();
	}

	@Test
	void zonePreferenceIsRefusedWhereZonesAreInOrder() {
		ChoiceProperties stock = new ChoiceProperties();
		stock.setZones(List.of("eu-1"));
		this.properties.getClients().put("stock", stock);
		this.environment.setProperty("spring.cloud.loadbalancer.clients.cart.configurations", "zone-preference");
		assertThatCode(this::check).doesNotThrowAnyException();
		this.environment.setProperty("spring.cloud.loadbalancer.clients.stock.configurations", "zone-preference");
		assertThat(refused().getReason()).contains("the zones [eu-1]");
	}

	@Test
	void zonesOfAServiceAreFoundByItsIdAsItIsWritten() {
		ChoiceProperties api = new ChoiceProperties();
		api.setZones(List.of("eu-1"));
		this.properties.getClients().put("order-api", api);
		this.environment.setProperty("spring.cloud.loadbalancer.clients.order-api.configurations", "zone-preference");
		assertThat(refused().getReason()).contains("the zones [eu-1]");
	}

}
