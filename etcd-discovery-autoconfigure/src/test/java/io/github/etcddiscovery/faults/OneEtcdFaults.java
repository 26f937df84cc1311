package io.github.etcddiscovery.faults;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;

import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.TcpProxy;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

import static io.github.etcddiscovery.faults.Subject.KEY;
import static io.github.etcddiscovery.faults.Subject.PREFIX;
import static org.awaitility.Awaitility.await;

/**
 * One etcd and a network in front of it, to which something is done. After each fault the
 * view is what etcd holds, the record is there once and under a lease, and whatever was
 * published meanwhile was true.
 */
abstract class OneEtcdFaults {

	static final Duration SOON = Duration.ofSeconds(30);

	/**
	 * For what is to be done within a second or so: noise of a machine that is busy.
	 */
	static final Duration NOISE = Duration.ofSeconds(1);

	final EtcdBinary binary;

	EtcdProcess etcd;

	EtcdEyes eyes;

	TcpProxy proxy;

	Subject subject;

	OneEtcdFaults(EtcdBinary binary) {
		this.binary = binary;
	}

	@BeforeEach
	void start() {
		this.etcd = EtcdProcess.start(this.binary);
		this.eyes = new EtcdEyes(this.etcd.endpoint());
		this.proxy = TcpProxy.to(this.etcd.endpoint());
		this.subject = new Subject(this.proxy.endpoint());
	}

	@AfterEach
	void stop() {
		this.subject.close();
		this.proxy.close();
		this.eyes.close();
		this.etcd.close();
	}

	/** Promises V1 to V4 and R1, now that all has healed. */
	void assertAllIsWell() {
		this.subject.assertAllIsWell(this.eyes);
	}

	void measure(String test, Duration bound, Callable<Duration> fault) throws Exception {
		Measurements.measure(test, this.binary, bound, fault);
	}

	/** From now until the view shows something written now. */
	Duration untilAWriteIsSeen() {
		return this.subject.untilAWriteIsSeen(this.eyes);
	}

	Duration untilTheRecordIsThere() {
		Measurements.Stopwatch healed = Measurements.start();
		Awaitility.await()
			.atMost(SOON)
			.pollInterval(Duration.ofMillis(5))
			.ignoreExceptions()
			.until(() -> this.subject.registrar().state(KEY) == RecordState.REGISTERED
					&& "UP".equals(this.eyes.all(PREFIX).get(KEY)) && this.eyes.get(KEY).getLease() != 0);
		return healed.elapsed();
	}

	static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

}
