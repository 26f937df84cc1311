package io.github.etcddiscovery.autoconfigure.diagnostics;

import java.util.List;

import io.github.etcddiscovery.autoconfigure.InvalidProperties;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.cloud.EtcdUnavailableException;
import io.github.etcddiscovery.instance.InvalidValueException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.io.support.SpringFactoriesLoader;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link EtcdUnavailableFailureAnalyzer}, {@link InvalidValueFailureAnalyzer}
 * and {@link InvalidProperties}.
 */
class FailureAnalyzerTests {

	private static FailureAnalysis analyze(Throwable failure) {
		return SpringFactoriesLoader.forDefaultResourceLocation()
			.load(FailureAnalyzer.class, (type, name, needsSomething) -> {
			})
			.stream()
			.filter((analyzer) -> analyzer.getClass().getPackage().equals(FailureAnalyzerTests.class.getPackage()))
			.map((analyzer) -> analyzer.analyze(new BeanCreationException("a bean failed", failure)))
			.filter((analysis) -> analysis != null)
			.findFirst()
			.orElseThrow();
	}

	@ParameterizedTest
	@CsvSource({ "PERMISSION_DENIED, write permission on the keys of its own service",
			"UNAUTHENTICATED, spring.cloud.etcd.username and spring.cloud.etcd.password",
			"NO_SPACE, etcdctl alarm disarm", "UNAVAILABLE, Check that etcd is running at http://a:1",
			"FATAL, spring.cloud.etcd.fail-fast=false" })
	void actionDependsOnTheReason(Reason reason, String action) {
		FailureAnalysis analysis = analyze(
				new EtcdUnavailableException("http://a:1", new EtcdException(reason, "it failed", null)));
		assertThat(analysis.getDescription()).contains("http://a:1").contains("it failed");
		assertThat(analysis.getAction()).contains(action);
	}

	@Test
	void fullDatabaseIsNotTakenForAnEtcdThatIsDown() {
		FailureAnalysis analysis = analyze(
				new EtcdUnavailableException("http://a:1", new EtcdException(Reason.NO_SPACE, "full", null)));
		assertThat(analysis.getAction()).doesNotContain("Check that etcd is running");
	}

	@Test
	void tlsIsMentionedOnlyForHttps() {
		EtcdException failure = new EtcdException(Reason.UNAVAILABLE, "it failed", null);
		assertThat(analyze(new EtcdUnavailableException("https://a:1", failure)).getAction()).contains("speaks TLS");
		assertThat(analyze(new EtcdUnavailableException("http://a:1", failure)).getAction())
			.doesNotContain("speaks TLS");
	}

	@Test
	void valueThatCannotBeRegisteredIsExplained() {
		FailureAnalysis analysis = analyze(new InvalidValueException("host", "user@evil", "a host name"));
		assertThat(analysis.getDescription()).isEqualTo(
				"The registration of this application in etcd has an invalid host 'user@evil': expected a host name.");
		assertThat(analysis.getAction()).startsWith("Give it another host: look for it in EtcdRegistrationCustomizer");
	}

	@Test
	void valueThatMayContainASecretIsNotShown() {
		for (String value : List.of("http://root:canary@h:1", "[http://a:1, http://root:canary@my_host:1]",
				"-----BEGIN PRIVATE KEY----- canary")) {
			RuntimeException failure = InvalidProperties.invalid("endpoints", value, "Expected another one.");
			assertThat(failure.toString()).doesNotContain("canary");
			assertThat(InvalidProperties.describe(failure)).contains("spring.cloud.etcd.endpoints")
				.doesNotContain("canary");
			FailureAnalysis analysis = analyze(failure);
			assertThat(analysis.getDescription()).contains("'spring.cloud.etcd.endpoints'")
				.endsWith("Expected another one.")
				.doesNotContain("canary");
			assertThat(analysis.getAction()).isEqualTo("Correct the value of 'spring.cloud.etcd.endpoints'.");
		}
		assertThat(InvalidProperties.invalid("endpoints", "canary@h:1", "Expected another one."))
			.hasMessageNotContaining("canary");
		assertThat(InvalidProperties.invalid("cert", "http://root:can/ary@h", "Expected another one."))
			.hasMessageNotContaining("can/ary");
		assertThat(InvalidProperties.invalid("discovery.host", "user@evil", "Expected another one."))
			.hasMessageContaining("user@evil");
	}

	@Test
	void remoteClusterIsNamedByItsProperties() {
		String us = "spring.cloud.etcd.discovery.remotes.us";
		for (Reason reason : List.of(Reason.PERMISSION_DENIED, Reason.UNAUTHENTICATED, Reason.UNAVAILABLE)) {
			FailureAnalysis analysis = analyze(
					new EtcdUnavailableException("http://a:1", new EtcdException(reason, "it failed", null), us));
			assertThat(analysis.getAction()).contains(us + ".")
				.doesNotContain("fail-fast")
				.doesNotContain("etcd.username");
		}
		assertThat(analyze(new EtcdUnavailableException("http://a:1",
				new EtcdException(Reason.UNAVAILABLE, "it failed", null), us))
			.getAction()).endsWith("To start without it, set " + us + ".wait-for-sync=false.");
	}

}
