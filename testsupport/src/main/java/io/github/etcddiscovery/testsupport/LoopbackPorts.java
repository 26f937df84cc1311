package io.github.etcddiscovery.testsupport;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports on loopback that no other JVM's tests are given and that this JVM's are given in
 * turn: what is started again finds its port free still, and nothing comes to listen
 * where a test wants nothing to.
 */
public final class LoopbackPorts {

	/** All are below 32768, from which on outgoing connections get theirs. */
	private static final int FIRST = 20_000;

	private static final int BLOCKS = 24;

	private static final int BLOCK_SIZE = 500;

	/** Bound as long as this JVM runs, which makes the ports that follow it its own. */
	private static final ServerSocket CLAIM = claim();

	private static int given;

	private LoopbackPorts() {
	}

	/** The next port of this JVM's that is free now. */
	public static synchronized int next() {
		for (int attempt = 1; attempt < BLOCK_SIZE; attempt++) {
			given = given % (BLOCK_SIZE - 1) + 1;
			try (ServerSocket socket = bind(CLAIM.getLocalPort() + given)) {
				return socket.getLocalPort();
			}
			catch (IOException ex) {
				// Taken: the next one.
			}
		}
		throw new IllegalStateException("None of the ports that follow " + CLAIM.getLocalPort() + " is free");
	}

	/** Whether something listens on a port. */
	public static boolean listens(int port) {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
			return socket.isConnected();
		}
		catch (IOException ex) {
			return false;
		}
	}

	private static ServerSocket claim() {
		int start = ThreadLocalRandom.current().nextInt(BLOCKS);
		for (int block = 0; block < BLOCKS; block++) {
			try {
				return bind(FIRST + (start + block) % BLOCKS * BLOCK_SIZE);
			}
			catch (IOException ex) {
				// Another JVM's: the next one.
			}
		}
		throw new IllegalStateException("All " + BLOCKS + " blocks of ports from " + FIRST + " on are claimed");
	}

	private static ServerSocket bind(int port) throws IOException {
		return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
	}

}
