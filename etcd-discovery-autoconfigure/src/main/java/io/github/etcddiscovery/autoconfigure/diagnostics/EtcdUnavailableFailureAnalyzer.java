package io.github.etcddiscovery.autoconfigure.diagnostics;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.cloud.EtcdUnavailableException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says why etcd could not be used, and what to set.
 */
final class EtcdUnavailableFailureAnalyzer extends AbstractFailureAnalyzer<EtcdUnavailableException> {

	private static final String START_WITHOUT = "To start without etcd and connect as soon as it is there, set"
			+ " spring.cloud.etcd.fail-fast=false. In tests that need no discovery, set spring.cloud.etcd.enabled=false.";

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, EtcdUnavailableException cause) {
		EtcdException reason = cause.getReason();
		return new FailureAnalysis(cause.getMessage(), action(cause.getEndpoints(), reason, cause.getProperties()),
				rootFailure);
	}

	private static String action(String endpoints, EtcdException reason, String group) {
		return switch (reason.reason()) {
			case PERMISSION_DENIED -> group.equals(EtcdUnavailableException.HOME)
					? "Grant the user spring.cloud.etcd.username read permission on the prefix"
							+ " spring.cloud.etcd.discovery.prefix, and write permission on the keys of its own service."
					: "Grant the user " + group + ".username read permission on the prefix " + group + ".prefix.";
			case UNAUTHENTICATED -> "Check " + group + ".username and " + group
					+ ".password; where etcd asks nobody who they are, set neither.";
			case NO_SPACE -> "Make space in etcd: compact its history, run etcdctl defrag on each member, or raise"
					+ " --quota-backend-bytes; then run etcdctl alarm disarm.";
			default ->
				"Check that etcd is running at " + endpoints + " and that " + group + ".endpoints names its client URLs"
						+ (endpoints.contains("https://") ? " (with https:// only if it speaks TLS). " : ". ")
						+ (group.equals(EtcdUnavailableException.HOME) ? START_WITHOUT
								: "To start without it, set " + group + ".wait-for-sync=false.");
		};
	}

}
