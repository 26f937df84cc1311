package io.github.etcddiscovery.actuate;

import java.util.Map;
import java.util.Set;

import io.github.etcddiscovery.cloud.registration.FollowedHealth.Result;
import io.github.etcddiscovery.instance.InvalidValueException;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroup;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroups;
import org.springframework.boot.health.actuate.endpoint.StatusAggregator;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.health.registry.DefaultHealthContributorRegistry;
import org.springframework.boot.health.registry.HealthContributorRegistry;
import org.springframework.boot.health.registry.ReactiveHealthContributorRegistry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link HealthGroupChecks}.
 */
class HealthGroupChecksTests {

	private final HealthContributorRegistry contributors = new DefaultHealthContributorRegistry();

	private final HealthEndpointGroup group = mock();

	private final HealthGroupChecks checks;

	HealthGroupChecksTests() {
		given(this.group.isMember(any())).willReturn(true);
		given(this.group.getStatusAggregator()).willReturn(StatusAggregator.getDefault());
		StaticListableBeanFactory beans = new StaticListableBeanFactory(Map.of("contributors", this.contributors));
		this.checks = new HealthGroupChecks(HealthEndpointGroups.of(mock(), Map.of("serving", this.group)),
				beans.getBeanProvider(HealthContributorRegistry.class),
				beans.getBeanProvider(ReactiveHealthContributorRegistry.class));
	}

	@Test
	void groupIsUpIfAllItsMembersAre() {
		register("db", Status.UP);
		assertThat(check()).isEqualTo(new Result(true, "UP"));
	}

	@Test
	void membersThatAreNotUpAreNamedWithoutDetails() {
		register("db", Status.DOWN);
		register("disk", Status.UP);
		register("queue", Status.OUT_OF_SERVICE);
		assertThat(check().up()).isFalse();
		assertThat(check().description()).contains("db is DOWN", "queue is OUT_OF_SERVICE")
			.doesNotContain("disk", "secret");
	}

	@Test
	void unknownIsNotUp() {
		register("db", Status.UNKNOWN);
		assertThat(check()).isEqualTo(new Result(false, "db is UNKNOWN"));
	}

	@Test
	void groupAggregatesTheStatusOfItsMembersAsItIsTold() {
		register("db", Status.UP);
		register("queue", Status.DOWN);
		given(this.group.getStatusAggregator()).willReturn((statuses) -> Status.UP);
		assertThat(check().up()).isTrue();
	}

	@Test
	void membersOfAnotherGroupDoNotCount() {
		register("db", Status.UP);
		register("other", Status.DOWN);
		given(this.group.isMember("other")).willReturn(false);
		assertThat(check().up()).isTrue();
	}

	@Test
	void contributorsThatDependOnEtcdDoNotCount() {
		register("db", Status.UP);
		for (String name : Set.of("etcd", "discoveryClient", "reactiveDiscoveryClients")) {
			register(name, Status.DOWN);
		}
		this.contributors.registerContributor("discoveryComposite",
				CompositeHealthContributor.fromMap(Map.of("etcd", indicator(Status.DOWN))));
		assertThat(check()).isEqualTo(new Result(true, "UP"));
	}

	@Test
	void groupWithoutAnyOtherContributorIsUp() {
		register("etcd", Status.DOWN);
		assertThat(check()).isEqualTo(new Result(true, "it has no other contributor"));
	}

	@Test
	void readinessCountsOnlyIfTheRegistrationDoesNotFollowIt() {
		register("db", Status.UP);
		register("readinessState", Status.OUT_OF_SERVICE);
		assertThat(check().up()).isTrue();
		assertThat(this.checks.of("serving", true).get())
			.isEqualTo(new Result(false, "readinessState is OUT_OF_SERVICE"));
	}

	@Test
	void unknownGroupIsRefusedWithTheNamesOfTheGroups() {
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.checks.of("servign", false))
			.withMessageContaining("'servign'")
			.withMessageContaining("[serving]")
			.withMessageContaining("management.endpoint.health.group.*");
	}

	private Result check() {
		return this.checks.of("serving", false).get();
	}

	private void register(String name, Status status) {
		this.contributors.registerContributor(name, indicator(status));
	}

	private static HealthIndicator indicator(Status status) {
		return () -> Health.status(status).withDetail("password", "secret").build();
	}

}
