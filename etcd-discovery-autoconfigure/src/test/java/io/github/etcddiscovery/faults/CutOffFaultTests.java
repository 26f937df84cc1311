package io.github.etcddiscovery.faults;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

import io.etcd.jetcd.Client;
import io.github.etcddiscovery.testing.ClusterLab;
import io.github.etcddiscovery.testing.EtcdBinary;
import io.github.etcddiscovery.testing.EtcdEyes;
import io.github.etcddiscovery.testing.OnEveryEtcd;
import io.github.etcddiscovery.testing.RequiresNamespaces;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Members of a cluster of three lose some of their links.
 */
@OnEveryEtcd
@RequiresNamespaces
@Tag("slow")
class CutOffFaultTests {

	private static final Duration PROMISED = Duration.ofSeconds(6);

	private final EtcdBinary binary;

	private final ClusterLab lab;

	CutOffFaultTests(EtcdBinary binary) {
		this.binary = binary;
		this.lab = ClusterLab.start(binary);
	}

	@AfterEach
	void stop() {
		this.lab.close();
	}

	private EtcdEyes eyesWithout(int member) {
		return new EtcdEyes(Client.builder()
			.endpoints(IntStream.range(0, 3)
				.filter((i) -> i != member)
				.mapToObj((i) -> this.lab.endpoints()[i])
				.toArray(String[]::new))
			.build());
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 2 })
	void memberCutOffFromItsPeers(int member) throws Exception {
		try (EtcdEyes eyes = eyesWithout(member)) {
			List<Subject> established = IntStream.range(0, 6).mapToObj((i) -> subject("established-" + i)).toList();
			this.lab.cutFromPeers(member);
			System.out.println("MEASURE established " + this.binary.version() + " m" + member + " "
					+ untilAllSee(established, eyes));
			Measurements.Stopwatch start = Measurements.start();
			List<Subject> fresh = IntStream.range(0, 6).parallel().mapToObj((i) -> subject("fresh-" + i)).toList();
			System.out.println("MEASURE fresh " + this.binary.version() + " m" + member + " " + start.elapsed());
			established.forEach(Subject::awaitRegistered);
			System.out.println("MEASURE registered " + this.binary.version() + " m" + member + " " + start.elapsed());
			this.lab.joinPeers(member);
			established.forEach((subject) -> subject.assertEqualToEtcd(eyes));
			established.forEach(Subject::close);
			fresh.forEach(Subject::close);
		}
	}

	private Duration untilAllSee(List<Subject> subjects, EtcdEyes eyes) {
		return org.awaitility.Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
			Measurements.Stopwatch s = Measurements.start();
			String value = "w" + System.nanoTime();
			org.awaitility.Awaitility.await().ignoreExceptions().atMost(Duration.ofSeconds(30)).until(() -> {
				eyes.put(Subject.WRITTEN, value);
				return true;
			});
			subjects.forEach((subject) -> subject.awaitSeen(Subject.WRITTEN, value));
			return s.elapsed();
		}, (x) -> true);
	}

	private Subject subject(String name) {
		return new Subject(Subject.PREFIX + "subject/" + name, this.lab.endpoints());
	}

}
