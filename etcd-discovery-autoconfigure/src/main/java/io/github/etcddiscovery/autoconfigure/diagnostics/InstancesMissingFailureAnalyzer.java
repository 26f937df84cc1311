package io.github.etcddiscovery.autoconfigure.diagnostics;

import io.github.etcddiscovery.cloud.discovery.InstancesMissingException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says what to do about instances that starting has waited for in vain.
 */
final class InstancesMissingFailureAnalyzer extends AbstractFailureAnalyzer<InstancesMissingException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, InstancesMissingException cause) {
		String description = String.valueOf(cause.getMessage());
		return new FailureAnalysis(description,
				"Start them, or wait longer (spring.cloud.etcd.discovery.wait-timeout) or for fewer"
						+ " (spring.cloud.etcd.discovery.wait-for.*). With spring.cloud.etcd.fail-fast=false the start goes"
						+ " on without them after that time.",
				rootFailure);
	}

}
