package io.github.etcddiscovery.cloud.registration;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.function.BooleanSupplier;

import io.github.etcddiscovery.support.EventLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits until a port accepts connections. A servlet container that deploys an application
 * opens its port only after all its applications have started.
 */
final class PortCheck {

	private static final Logger logger = LoggerFactory.getLogger(PortCheck.class);

	private static final Duration INTERVAL = Duration.ofMillis(100);

	private static final Duration CONNECT_TIMEOUT = Duration.ofMillis(200);

	/** Bounded, since the port may belong to a proxy that this machine cannot reach. */
	static final Duration TIMEOUT = Duration.ofSeconds(60);

	private final EventLoop loop;

	private final String host;

	private final int port;

	private final BooleanSupplier wanted;

	private final long begin;

	/**
	 * Creates the check.
	 * @param loop runs the check, and is blocked by it for up to 400 ms
	 * @param host the advertised host; loopback is tried as well
	 * @param port the port
	 * @param wanted whether anybody still waits
	 */
	PortCheck(EventLoop loop, String host, int port, BooleanSupplier wanted) {
		this.loop = loop;
		this.host = host;
		this.port = port;
		this.wanted = wanted;
		this.begin = loop.nanoTime();
	}

	/** Calls back on the loop once the port accepts connections, or after the timeout. */
	void whenAccepting(Runnable callback) {
		this.loop.execute(() -> check(callback));
	}

	private void check(Runnable callback) {
		if (!this.wanted.getAsBoolean()) {
			return;
		}
		boolean late = this.loop.nanoTime() - this.begin >= TIMEOUT.toNanos();
		if (accepts()) {
			callback.run();
		}
		else if (late) {
			logger.warn("Registering although nothing has accepted a connection at {}:{} for {} s: check"
					+ " spring.cloud.etcd.discovery.port", this.host, this.port, TIMEOUT.toSeconds());
			callback.run();
		}
		else {
			this.loop.schedule(() -> check(callback), INTERVAL);
		}
	}

	private boolean accepts() {
		return accepts(new InetSocketAddress(this.host, this.port))
				|| accepts(new InetSocketAddress(InetAddress.getLoopbackAddress(), this.port));
	}

	private static boolean accepts(InetSocketAddress address) {
		try (Socket socket = new Socket()) {
			socket.connect(address, (int) CONNECT_TIMEOUT.toMillis());
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

}
