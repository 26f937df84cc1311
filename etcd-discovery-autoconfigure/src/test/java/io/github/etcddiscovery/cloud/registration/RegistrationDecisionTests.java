package io.github.etcddiscovery.cloud.registration;

import java.util.Arrays;
import java.util.stream.Collectors;

import io.github.etcddiscovery.cloud.registration.RegistrationDecision.Action;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link RegistrationDecision}.
 */
class RegistrationDecisionTests {

	@ParameterizedTest(name = "{0} -> {1}")
	@CsvSource({ "started, NOTHING", "ready, NOTHING", "started ready, NOTHING NOTHING",
			"started ready accepting, NOTHING NOTHING REGISTER", "started accepting ready, NOTHING NOTHING REGISTER",
			"ready accepting started, NOTHING NOTHING REGISTER",
			"started ready refusing accepting, NOTHING NOTHING NOTHING REGISTER",
			"started ready accepting accepting, NOTHING NOTHING REGISTER NOTHING",
			"started ready accepting in refusing accepting, NOTHING NOTHING REGISTER - PUBLISH PUBLISH",
			"started ready accepting in started ready, NOTHING NOTHING REGISTER - NOTHING NOTHING",
			"started ready accepting in stopped, NOTHING NOTHING REGISTER - LEAVE",
			"started ready accepting in closed stopped, NOTHING NOTHING REGISTER - LEAVE NOTHING",
			"started ready accepting in stopped started, NOTHING NOTHING REGISTER - LEAVE REGISTER",
			"started ready accepting in stopped refusing started, NOTHING NOTHING REGISTER - LEAVE NOTHING NOTHING",
			"started ready accepting in closed started accepting, NOTHING NOTHING REGISTER - LEAVE NOTHING NOTHING",
			"started ready accepting stopped, NOTHING NOTHING REGISTER NOTHING",
			"started ready accepting closed, NOTHING NOTHING REGISTER NOTHING",
			"started ready accepting aborted accepting, NOTHING NOTHING REGISTER - REGISTER",
			"started closed ready accepting, NOTHING NOTHING NOTHING NOTHING",
			"started ready accepting in aborted accepting, NOTHING NOTHING REGISTER - - PUBLISH" })
	void eventsLeadToActions(String events, String actions) {
		assertThat(after(new RegistrationDecision(true), events)).isEqualTo(actions);
	}

	@ParameterizedTest(name = "{0} -> {1}")
	@CsvSource({ "started ready, NOTHING REGISTER", "ready started, NOTHING REGISTER",
			"started ready in refusing, NOTHING REGISTER - PUBLISH",
			"started refusing ready, NOTHING NOTHING REGISTER" })
	void readinessIsNotWaitedForIfItIsNotFollowed(String events, String actions) {
		RegistrationDecision decision = new RegistrationDecision(false);
		assertThat(after(decision, events)).isEqualTo(actions);
		assertThat(decision.isRefusing()).isFalse();
	}

	@Test
	void refusalIsPublishedWhileReadinessIsFollowed() {
		RegistrationDecision decision = new RegistrationDecision(true);
		assertThat(decision.isRefusing()).isTrue();
		decision.readiness(true);
		assertThat(decision.isRefusing()).isFalse();
		decision.readiness(false);
		assertThat(decision.isRefusing()).isTrue();
	}

	@Test
	void stepsOfTheWayInCanBeTold() {
		RegistrationDecision decision = new RegistrationDecision(false);
		assertThat(decision.isRunning()).isFalse();
		after(decision, "started ready");
		assertThat(decision.isRunning()).isTrue();
		assertThat(decision.isOnTheWayIn()).isTrue();
		assertThat(decision.isIn()).isFalse();
		assertThat(decision.wasAttempted()).isFalse();
		after(decision, "in");
		assertThat(decision.isOnTheWayIn()).isFalse();
		assertThat(decision.isIn()).isTrue();
		assertThat(decision.wasAttempted()).isTrue();
		after(decision, "stopped");
		assertThat(decision.isRunning()).isFalse();
		assertThat(decision.isIn()).isFalse();
		assertThat(decision.wasAttempted()).isTrue();
	}

	private static String after(RegistrationDecision decision, String events) {
		return Arrays.stream(events.split(" "))
			.map((event) -> action(decision, event))
			.collect(Collectors.joining(" "));
	}

	private static String action(RegistrationDecision decision, String event) {
		Action action = switch (event) {
			case "started" -> decision.started();
			case "ready" -> decision.ready();
			case "accepting" -> decision.readiness(true);
			case "refusing" -> decision.readiness(false);
			case "stopped" -> decision.stopped();
			case "closed" -> decision.closed();
			default -> null;
		};
		switch (event) {
			case "in" -> {
				decision.attempt();
				decision.handedOver();
			}
			case "aborted" -> decision.abort();
			default -> {
			}
		}
		return (action != null) ? action.toString() : "-";
	}

}
