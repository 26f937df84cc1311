package io.github.etcddiscovery.cloud.registration;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.etcddiscovery.doubles.ManualEventLoop;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link PortCheck}.
 */
@ExtendWith(OutputCaptureExtension.class)
class PortCheckTests {

	private final ManualEventLoop loop = new ManualEventLoop();

	private final AtomicBoolean wanted = new AtomicBoolean(true);

	private final AtomicInteger called = new AtomicInteger();

	private final int port = LoopbackPorts.next();

	private void check(String host) {
		new PortCheck(this.loop, host, this.port, this.wanted::get).whenAccepting(this.called::incrementAndGet);
		this.loop.run();
	}

	@Test
	void callsBackOnceAsSoonAsThePortAccepts(CapturedOutput output) throws Exception {
		check("127.0.0.1");
		this.loop.advance(Duration.ofSeconds(5));
		assertThat(this.called).hasValue(0);
		try (ServerSocket server = new ServerSocket(this.port, 1, InetAddress.getLoopbackAddress())) {
			this.loop.advance(Duration.ofMillis(100));
			assertThat(this.called).hasValue(1);
			this.loop.advance(Duration.ofSeconds(100));
		}
		assertThat(this.called).hasValue(1);
		assertThat(output).isEmpty();
	}

	@Test
	void portOnLoopbackWillDoWhereTheAdvertisedHostIsNotReached() throws Exception {
		try (ServerSocket server = new ServerSocket(this.port, 1, InetAddress.getLoopbackAddress())) {
			check("no-such-host.invalid");
			assertThat(this.called).hasValue(1);
		}
	}

	@Test
	void callsBackAfterAMinuteAllTheSameAndSaysSo(CapturedOutput output) {
		check("127.0.0.1");
		this.loop.advance(PortCheck.TIMEOUT.minusSeconds(1));
		assertThat(this.called).hasValue(0);
		this.loop.advance(Duration.ofSeconds(1));
		assertThat(this.called).hasValue(1);
		assertThat(output).contains("nothing has accepted a connection at 127.0.0.1:" + this.port + " for 60 s")
			.contains("spring.cloud.etcd.discovery.port");
	}

	@Test
	void endsWhenNobodyWaitsAnyMore() throws Exception {
		check("127.0.0.1");
		this.wanted.set(false);
		try (ServerSocket server = new ServerSocket(this.port, 1, InetAddress.getLoopbackAddress())) {
			this.loop.advance(Duration.ofSeconds(100));
		}
		assertThat(this.called).hasValue(0);
	}

}
