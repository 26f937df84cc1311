package io.github.etcddiscovery.benchmarks.performance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * A network of unlimited bandwidth on which each byte takes the same time. Unlike a proxy
 * that sleeps before it passes something on, it does not delay what comes meanwhile any
 * longer.
 */
final class DelayedLink implements AutoCloseable {

	private final URI target;

	private final long delay;

	private final ServerSocket server;

	private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

	/**
	 * Opens a link.
	 * @param target what is at its other end, as a URL
	 * @param delay how long a byte takes, each way
	 */
	DelayedLink(String target, Duration delay) {
		this.target = URI.create(target);
		this.delay = delay.toNanos();
		try {
			this.server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		daemon(this::accept);
	}

	String endpoint() {
		return "http://127.0.0.1:" + this.server.getLocalPort();
	}

	private void accept() {
		while (!this.server.isClosed()) {
			try {
				Socket near = this.server.accept();
				Socket far = new Socket();
				this.sockets.add(near);
				this.sockets.add(far);
				far.connect(new InetSocketAddress(this.target.getHost(), this.target.getPort()), 1_000);
				near.setTcpNoDelay(true);
				far.setTcpNoDelay(true);
				pump(near, far);
				pump(far, near);
			}
			catch (IOException ex) {
				// Closed, or nothing listens at the other end yet.
			}
		}
	}

	private void pump(Socket from, Socket to) {
		BlockingQueue<Chunk> onTheWay = new LinkedBlockingQueue<>();
		daemon(() -> {
			byte[] buffer = new byte[65_536];
			try {
				for (int read = from.getInputStream().read(buffer); read >= 0; read = from.getInputStream()
					.read(buffer)) {
					onTheWay.add(new Chunk(Arrays.copyOf(buffer, read), System.nanoTime() + this.delay));
				}
			}
			catch (IOException ex) {
				// One side has gone.
			}
			onTheWay.add(new Chunk(new byte[0], System.nanoTime() + this.delay));
		});
		daemon(() -> {
			try {
				for (Chunk chunk = onTheWay.take(); chunk.bytes().length > 0; chunk = onTheWay.take()) {
					LockSupport.parkNanos(chunk.due() - System.nanoTime());
					to.getOutputStream().write(chunk.bytes());
				}
			}
			catch (IOException ex) {
				// The other side has gone.
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			close(from);
			close(to);
		});
	}

	private static void daemon(Runnable task) {
		Thread thread = new Thread(task, "delayed-link");
		thread.setDaemon(true);
		thread.start();
	}

	private static void close(Socket socket) {
		try {
			socket.close();
		}
		catch (IOException ex) {
			// Closed already.
		}
	}

	@Override
	public void close() {
		try {
			this.server.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.sockets.forEach(DelayedLink::close);
	}

	/**
	 * Bytes on their way.
	 *
	 * @param bytes the bytes; none for the end of the connection
	 * @param due when they arrive
	 */
	private record Chunk(byte[] bytes, long due) {

	}

}
