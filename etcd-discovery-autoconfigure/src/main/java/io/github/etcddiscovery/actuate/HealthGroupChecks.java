package io.github.etcddiscovery.actuate;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.registration.FollowedHealth;
import io.github.etcddiscovery.cloud.registration.FollowedHealth.Result;
import io.github.etcddiscovery.instance.InvalidValueException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.health.actuate.endpoint.AdditionalHealthEndpointPath;
import org.springframework.boot.health.actuate.endpoint.CompositeHealthDescriptor;
import org.springframework.boot.health.actuate.endpoint.HealthDescriptor;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroup;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroups;
import org.springframework.boot.health.actuate.endpoint.HttpCodeStatusMapper;
import org.springframework.boot.health.actuate.endpoint.StatusAggregator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.health.registry.HealthContributorRegistry;
import org.springframework.boot.health.registry.ReactiveHealthContributorRegistry;
import org.springframework.util.function.SingletonSupplier;

/**
 * Checks a health group of the actuator, as {@code /actuator/health/{group}} does, but
 * without the contributors that depend on etcd. Otherwise an outage of etcd would take
 * applications out of service.
 */
@Internal
public final class HealthGroupChecks implements FollowedHealth.Checks {

	/**
	 * The contributor of this starter and those of Spring Cloud Commons that ask the
	 * discovery clients.
	 */
	private static final Set<String> OF_DISCOVERY = Set.of("etcd", "discoveryClient", "discoveryComposite",
			"reactiveDiscoveryClients");

	/** The registration may hear of readiness before this contributor does. */
	private static final String READINESS = "readinessState";

	private static final Logger logger = LoggerFactory.getLogger(HealthGroupChecks.class);

	private final HealthEndpointGroups groups;

	private final ObjectProvider<HealthContributorRegistry> contributors;

	private final ObjectProvider<ReactiveHealthContributorRegistry> reactiveContributors;

	/**
	 * Creates the checks. The contributors are asked for at the first check, since some
	 * of them depend on other beans.
	 * @param groups the health groups
	 * @param contributors the blocking contributors
	 * @param reactiveContributors the reactive contributors, if there are any
	 */
	public HealthGroupChecks(HealthEndpointGroups groups, ObjectProvider<HealthContributorRegistry> contributors,
			ObjectProvider<ReactiveHealthContributorRegistry> reactiveContributors) {
		this.groups = groups;
		this.contributors = contributors;
		this.reactiveContributors = reactiveContributors;
	}

	@Override
	public Supplier<Result> of(String name, boolean withReadiness) {
		HealthEndpointGroup group = this.groups.get(name);
		if (group == null) {
			throw new InvalidValueException("health group", name,
					"one of the health groups %s, which management.endpoint.health.group.* defines"
						.formatted(new TreeSet<>(this.groups.getNames())));
		}
		AtomicBoolean warned = new AtomicBoolean();
		HealthEndpointGroups single = new SingleGroup(name, new FilteredGroup(group, withReadiness));
		SingletonSupplier<HealthEndpoint> endpoint = SingletonSupplier
			.of(() -> new HealthEndpoint(this.contributors.getObject(), this.reactiveContributors.getIfAvailable(),
					single, null));
		return () -> {
			HealthDescriptor health = endpoint.obtain().healthForPath(name);
			if (health == null && warned.compareAndSet(false, true)) {
				logger.warn(
						"Health group {} has no contributor that counts for spring.cloud.etcd.discovery.follow-health:"
								+ " this application is advertised as healthy",
						name);
			}
			return result(health);
		};
	}

	private static Result result(@Nullable HealthDescriptor health) {
		if (health == null) {
			return new Result(true, "it has no other contributor");
		}
		boolean up = health.getStatus().equals(Status.UP);
		return new Result(up, up ? Status.UP.getCode() : describe(health));
	}

	private static String describe(HealthDescriptor health) {
		Map<String, HealthDescriptor> components = (health instanceof CompositeHealthDescriptor composite)
				? composite.getComponents() : null;
		if (components == null) {
			return health.getStatus().getCode();
		}
		return components.entrySet()
			.stream()
			.filter((component) -> !component.getValue().getStatus().equals(Status.UP))
			.map((component) -> component.getKey() + " is " + component.getValue().getStatus().getCode())
			.collect(Collectors.joining(", "));
	}

	/**
	 * A group without the contributors that do not count.
	 *
	 * @param group the whole group
	 * @param withReadiness whether readiness counts
	 */
	private record FilteredGroup(HealthEndpointGroup group, boolean withReadiness) implements HealthEndpointGroup {

		/** The name of a nested contributor begins with the names of its parents. */
		@Override
		public boolean isMember(String name) {
			return !OF_DISCOVERY.contains(name.split("/", 2)[0]) && (this.withReadiness || !name.equals(READINESS))
					&& this.group.isMember(name);
		}

		@Override
		public boolean showComponents(SecurityContext securityContext) {
			return true;
		}

		@Override
		public boolean showDetails(SecurityContext securityContext) {
			return false;
		}

		@Override
		public StatusAggregator getStatusAggregator() {
			return this.group.getStatusAggregator();
		}

		@Override
		public HttpCodeStatusMapper getHttpCodeStatusMapper() {
			return this.group.getHttpCodeStatusMapper();
		}

		@Override
		public @Nullable AdditionalHealthEndpointPath getAdditionalPath() {
			return null;
		}

	}

	/**
	 * One group, which is also the primary one.
	 *
	 * @param name its name
	 * @param group the group
	 */
	private record SingleGroup(String name, HealthEndpointGroup group) implements HealthEndpointGroups {

		@Override
		public HealthEndpointGroup getPrimary() {
			return this.group;
		}

		@Override
		public Set<String> getNames() {
			return Set.of(this.name);
		}

		@Override
		public @Nullable HealthEndpointGroup get(String requested) {
			return this.name.equals(requested) ? this.group : null;
		}

	}

}
