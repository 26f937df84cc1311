package io.github.etcddiscovery.testsupport;

import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;

import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.slf4j.LoggerFactory;

/**
 * Says at the end of a run which tests were skipped and why: Surefire gives numbers only,
 * and counts a class that would have run once for each etcd as nothing at all.
 */
public final class SkippedTests implements TestExecutionListener {

	private final Map<String, SortedSet<String>> namesByReason = new ConcurrentHashMap<>();

	@Override
	public void executionSkipped(TestIdentifier test, String reason) {
		this.namesByReason.computeIfAbsent(reason, (key) -> new ConcurrentSkipListSet<>()).add(test.getDisplayName());
	}

	/** An assumption that did not hold skips a test, too. */
	@Override
	public void executionFinished(TestIdentifier test, TestExecutionResult result) {
		if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
			executionSkipped(test, result.getThrowable().map(Throwable::getMessage).orElse("no reason given"));
		}
	}

	@Override
	public void testPlanExecutionFinished(TestPlan testPlan) {
		new TreeMap<>(this.namesByReason).forEach((reason, names) -> LoggerFactory.getLogger(SkippedTests.class)
			.warn("SKIPPED {}: {}", new TreeSet<>(names), reason));
		this.namesByReason.clear();
	}

}
