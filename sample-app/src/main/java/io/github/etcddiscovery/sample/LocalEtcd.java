package io.github.etcddiscovery.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

import io.github.etcddiscovery.autoconfigure.EtcdConnectionDetails;
import io.github.etcddiscovery.test.EmbeddedEtcd;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The etcd of a first run: what listens on a loopback port, or else an embedded one that
 * this run hosts there. When the run that hosted it has ended, another one takes over.
 */
final class LocalEtcd implements EtcdConnectionDetails, AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(LocalEtcd.class);

	private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);

	private static final int CONNECT_TIMEOUT_MILLIS = 500;

	private final int port;

	private final String address;

	/**
	 * Whether what was joined is an embedded one, as soon as that is known. Another's
	 * etcd may be just restarting: its port is not to be taken away.
	 */
	private volatile Optional<Boolean> embedded = Optional.empty();

	private volatile EmbeddedEtcd hosted;

	private boolean closed;

	private LocalEtcd(int port) {
		this.port = port;
		this.address = "127.0.0.1:" + port;
	}

	static LocalEtcd hostOrJoin(int port) {
		LocalEtcd etcd = new LocalEtcd(port);
		if (etcd.host()) {
			logger.info("No etcd is configured, and nothing listens on {}: hosting an embedded etcd there."
					+ " It is for first runs: its content is gone with the last run", etcd.address);
		}
		else {
			logger.info("No etcd is configured: joining what listens on {}", etcd.address);
			// Beside the start: should the host end soon, it is known that it hosted.
			CompletableFuture.runAsync(etcd::identify);
		}
		return etcd;
	}

	/** Finds out what was joined, unless that is known. To be called while it answers. */
	synchronized void identify() {
		if (this.hosted == null && this.embedded.isEmpty()) {
			this.embedded = EmbeddedEtcd.listensOn(this.port, ANSWER_TIMEOUT);
			if (this.embedded.equals(Optional.of(true))) {
				logger.info("The etcd on {} is an embedded one: this run takes over when the one that hosts it ends",
						this.address);
			}
		}
	}

	/**
	 * Hosts the etcd from now on if the run that did has ended. To be called while etcd
	 * does not answer.
	 */
	synchronized void takeOver() {
		if (this.embedded.orElse(false) && !this.closed && this.hosted == null && host()) {
			logger.warn("The run that hosted the embedded etcd on {} has ended: this one hosts it from now on,"
					+ " and serves what was seen last until the others have registered again", this.address);
		}
	}

	private boolean host() {
		if (listens()) {
			return false;
		}
		try {
			this.hosted = EmbeddedEtcd.start(this.port);
			return true;
		}
		catch (UncheckedIOException ex) {
			// Another run was faster.
			return false;
		}
	}

	private boolean listens() {
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), this.port), CONNECT_TIMEOUT_MILLIS);
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

	@Override
	public List<String> getEndpoints() {
		return List.of("http://" + this.address);
	}

	@Override
	public synchronized void close() {
		this.closed = true;
		EmbeddedEtcd last = this.hosted;
		if (last != null) {
			last.close();
		}
	}

}
