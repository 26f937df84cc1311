package io.github.etcddiscovery.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;

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

	private static final int CONNECT_TIMEOUT_MILLIS = 500;

	private final int port;

	private final String address;

	/** Another's etcd may be just restarting: its port is not to be taken away. */
	private boolean embedded = true;

	private EmbeddedEtcd hosted;

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
			return etcd;
		}
		etcd.embedded = EmbeddedEtcd.listensOn(port);
		logger.info("No etcd is configured: joining {} on {}",
				etcd.embedded ? "the embedded etcd that another run hosts" : "what listens", etcd.address);
		return etcd;
	}

	/**
	 * Hosts the etcd from now on if the run that did has ended. To be called while etcd
	 * does not answer.
	 */
	synchronized void takeOver() {
		if (this.embedded && !this.closed && this.hosted == null && host()) {
			logger.warn("The run that hosted the embedded etcd on {} has ended."
					+ " This one serves what was seen last, and hosts it from now on", this.address);
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

	/** Where it is, for people. */
	synchronized String describe() {
		if (this.hosted != null) {
			return "embedded on " + this.address + ", hosted by this run";
		}
		return this.embedded ? "embedded on " + this.address + ", hosted by another run" : "at " + this.address;
	}

	@Override
	public synchronized void close() {
		this.closed = true;
		if (this.hosted != null) {
			this.hosted.close();
		}
	}

}
