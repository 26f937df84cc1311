package io.github.etcddiscovery.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.github.etcddiscovery.testsupport.Document;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@code docs/reliability.md} names every fault there is, and its numbers are those of a
 * run.
 */
class ReliabilityPageTests {

	private static final Path PAGE = Path.of("../docs/reliability.md");

	private static final Pattern MEASURED = Pattern.compile("(?s)(<!-- measured: .*? -->\n).*?(<!-- end -->)");

	/** What each fault is, the promises it puts to the test, and its line's mark. */
	private static final Map<String, String> FAULTS = new TreeMap<>(Map.ofEntries(
			Map.entry("etcdKilledAndStartedAgain", "etcd is killed and started again | V1–V5, R1"),
			Map.entry("outageWithinTheLeaseLosesNothing", "no way to etcd for ttl − heartbeat − 2 s | V1–V5, R1, R2"),
			Map.entry("outageThatOutlivesTheLease", "no way to etcd until the lease has run out | R1, R3"),
			Map.entry("connectionResetWhileMuchIsWritten", "connection reset while much is written | V1–V5"),
			Map.entry("networkThatSwallowsEverything", "network that swallows everything, both ways * | V1–V4, V7"),
			Map.entry("connectionThatEtcdHalfCloses",
					"connection that etcd half-closes, while much is written | V1–V5"),
			Map.entry("watchThatFallsSilent", "watch that falls silent while all else is answered * | V1–V5"),
			Map.entry("clientsAreToldToGoAway", "clients are told to go away (GOAWAY), while much is written | V1–V5"),
			Map.entry("watchesEndAfterEveryEvent", "watches that end after every event, while much is written | V1–V5"),
			Map.entry("haproxyClosesIdleConnections", "HAProxy closes connections that are idle for 0.6 s | V1–V5, R2"),
			Map.entry("nginxClosesIdleConnections", "nginx closes connections that are idle for 0.6 s | V1–V5, R2"),
			Map.entry("nginxEndsSilentCalls", "nginx as a gRPC proxy ends calls that are silent for 0.6 s | V1–V5, R2"),
			Map.entry("tokenExpiresWhileCutOff", "token that expires while cut off | V1–V5, R2"),
			Map.entry("passwordChangedAndChangedBack", "password changed, and changed back | V1–V5, V7, R1"),
			Map.entry("permissionToReadWithdrawnAndGivenBack",
					"permission to read withdrawn, and given back | V1–V5, V7"),
			Map.entry("thousandClientsReconnectAtOnce", "a thousand clients reconnect at once | V4, V5"),
			Map.entry("instanceKilled", "instance that ends without a word, its ttl three seconds * | R8"),
			Map.entry("instanceKilledAndThenTheLeaderToo",
					"instance that ends without a word, its ttl three seconds, and the leader is killed after two and a half * | R8"),
			Map.entry("etcdAwayFor5Seconds", "etcd away for 5 s | V1–V5, V7"),
			Map.entry("etcdAwayFor60Seconds", "etcd away for 60 s | V1–V5, V7"),
			Map.entry("etcdAwayFor150Seconds", "etcd away for 150 s | V1–V5, V7"),
			Map.entry("serverThatHangs", "etcd stopped with SIGSTOP * | V1–V4, V7"),
			Map.entry("compactionWhileCutOff", "compaction while cut off | V1, V3, V5"),
			Map.entry("leaseRevokedBySomebody", "lease revoked by somebody | R1, R3"),
			Map.entry("keyDeletedBySomebody", "key deleted by somebody | R1, R3"),
			Map.entry("keyOverwrittenBySomebody", "key overwritten by somebody, without a lease | R1, R3"),
			Map.entry("etcdWiped", "etcd wiped | V1–V5, R1, R3"),
			Map.entry("etcdRestoredFromAnOlderSnapshot", "etcd restored from an older snapshot | V1–V5, R1"),
			Map.entry("leaderKilled", "leader of three killed | V1–V4"),
			Map.entry("followerKilled", "follower of three killed | V1–V4"),
			Map.entry("quorumLost", "two of three killed, and started again | V1–V4, V7"),
			Map.entry("memberCutOffFromItsPeers",
					"one of three members cut off from its peers, clients still reach it | V1–V4, R1, R3"),
			Map.entry("memberCutOffBehindABalancer",
					"one of three members cut off from its peers, all behind one TCP balancer | V1–V4, R1, R3"),
			Map.entry("memberHangsWhileEighteenLeave",
					"a follower of three stopped with SIGSTOP while 18 applications leave * | R6, R7"),
			Map.entry("twoEndpointsOfWhichOneIsALearner",
					"two endpoints, one of them a learner: twelve start * | V1, R1"),
			Map.entry("tenThousandRecordsOverASlowLink", "10,000 records of 1 kB, first read over 10 Mbit/s * | V1"),
			Map.entry("sixtyViewsOfTenThousandRecordsStartAtOnce",
					"60 views start at once, 10,000 records of 300 bytes, 100 Mbit/s from each member * | V1"),
			Map.entry("memberCutOffFromTheOthersIsNotTrusted",
					"the only member known cut off from the others * | V1–V4")));

	@Test
	void pageHasALineForEveryFaultThatIsMeasured() throws IOException {
		if ("write".equals(System.getProperty("faults.page"))) {
			writeWhatWasMeasured();
		}
		assertThat(Document.of("docs/reliability.md").find("\\| `(\\w+)` \\|"))
			.containsOnly(FAULTS.keySet().toArray(String[]::new));
		assertThat(Stream
			.of(NetworkFaultTests.class, BalancerFaultTests.class, EtcdFaultTests.class, ContentFaultTests.class,
					ClusterFaultTests.class, ServerFaultTests.class, PermissionFaultTests.class, CrowdFaultTests.class,
					MemberFaultTests.class)
			.flatMap((type) -> Arrays.stream(type.getDeclaredMethods()))
			.filter((method) -> method.isAnnotationPresent(Test.class))
			.map((method) -> method.getName()))
			.containsAll(FAULTS.keySet().stream().map(ReliabilityPageTests::method).toList());
	}

	/** One method brings about outages of any length. */
	private static String method(String fault) {
		return fault.matches("etcdAwayFor\\d+Seconds") ? "etcdAwayForLong" : fault;
	}

	@Test
	void testsOfFaultsThatAreNotMeasuredExist() throws IOException {
		List<String> named = Document.of("docs/reliability.md").find("`(\\w+\\.\\w+)`[, ]");
		assertThat(named).hasSizeGreaterThan(25);
		for (String test : named) {
			String[] parts = test.split("\\.");
			assertThat(sourceOf(parts[0])).as(test)
				.containsPattern("(?s)@(Parameterized|Repeated)?Test\\b((?!\\bvoid ).)*\\bvoid " + parts[1] + "\\(");
		}
	}

	private static String sourceOf(String type) throws IOException {
		try (Stream<Path> sources = Files.find(Path.of(".."), 12,
				(path, attributes) -> path.getFileName().toString().equals(type + ".java"))) {
			return Files.readString(sources.findFirst().orElseThrow());
		}
	}

	/** After a run of the faults, with {@code -Dfaults.page=write}. */
	private static void writeWhatWasMeasured() throws IOException {
		Map<String, String> lines = new TreeMap<>();
		for (String line : Files.readAllLines(Measurements.FILE)) {
			List<String> cells = List.of(line.split("\t"));
			lines.put(cells.get(0) + cells.get(1),
					"| %s | %s | %s | %s | %s | `%s` |%n".formatted(FAULTS.get(cells.get(0)), cells.get(1),
							cells.get(2), seconds(cells.get(3)), seconds(cells.get(4)), cells.get(0)));
		}
		String table = """
				Measured on %d processors, Java %s, each etcd on the same machine, six tests at a time. The tests assert bounds on the median.

				| fault | promises | etcd | n | median | longest | test |
				|---|---|---|---|---|---|---|
				"""
			.formatted(Runtime.getRuntime().availableProcessors(), Runtime.version().feature())
				+ String.join("", lines.values());
		Files.writeString(PAGE, MEASURED.matcher(Files.readString(PAGE))
			.replaceAll((match) -> match.group(1) + Matcher.quoteReplacement(table) + match.group(2)));
	}

	private static String seconds(String millis) {
		long time = Long.parseLong(millis);
		return (time < 50) ? "< 0.1 s" : "%.1f s".formatted(time / 1000.0);
	}

}
