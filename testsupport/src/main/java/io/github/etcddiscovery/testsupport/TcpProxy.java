package io.github.etcddiscovery.testsupport;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A network between a client and etcd that can be made to fail. Listens on a loopback
 * port that stays the same.
 */
public final class TcpProxy implements AutoCloseable {

	private static final long UNLIMITED = Long.MAX_VALUE;

	private final List<URI> targets;

	private final ServerSocket server;

	private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

	private final AtomicInteger cuts = new AtomicInteger();

	private final AtomicInteger accepted = new AtomicInteger();

	private final AtomicLong left = new AtomicLong(UNLIMITED);

	private volatile boolean refusing;

	private volatile Set<Direction> swallowed = Set.of();

	private volatile Duration delay = Duration.ZERO;

	private final AtomicInteger framesLeft = new AtomicInteger(Integer.MAX_VALUE);

	private volatile long bytesPerSecond = UNLIMITED;

	private TcpProxy(List<URI> targets, ServerSocket server) {
		this.targets = targets;
		this.server = server;
	}

	/**
	 * Starts one in front of an endpoint, or of several, which get connections in turn.
	 */
	public static TcpProxy to(String... endpoints) {
		try {
			TcpProxy proxy = new TcpProxy(Stream.of(endpoints).map(URI::create).toList(),
					new ServerSocket(0, 100, InetAddress.getLoopbackAddress()));
			daemon(proxy::accept);
			return proxy;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	public String endpoint() {
		return "http://127.0.0.1:" + this.server.getLocalPort();
	}

	/** Breaks all connections, as a reset does. New ones are let through. */
	public void cut() {
		this.connections.forEach(Connection::reset);
	}

	/** Breaks all connections, and new ones at once, until told otherwise. */
	public void setRefusing(boolean refusing) {
		this.refusing = refusing;
		if (refusing) {
			cut();
		}
	}

	/**
	 * Lets nothing through these ways, and all the others, without anybody being told.
	 */
	public void swallow(Direction... directions) {
		this.swallowed = Set.of(directions);
	}

	/** Holds up whatever comes, on its way to etcd and on its way back. */
	public void setDelay(Duration delay) {
		this.delay = delay;
	}

	/**
	 * Tells clients that etcd will say no more, and goes on listening to them until it
	 * has something to say after all.
	 */
	public void halfClose() {
		this.connections.forEach(Connection::halfClose);
	}

	/** Breaks all connections once that many more HTTP/2 frames have come from etcd. */
	public void cutAfterFrames(int frames) {
		this.framesLeft.set(frames);
	}

	/** Slows down what comes from etcd, on each connection. */
	public void setBytesPerSecond(long rate) {
		this.bytesPerSecond = rate;
	}

	/** Breaks all connections once that many more bytes have come from etcd. */
	public void cutAfter(long bytes) {
		this.left.set(bytes);
	}

	/**
	 * How often connections were broken by {@link #cutAfter} and {@link #cutAfterFrames}
	 * so far.
	 */
	public int cuts() {
		return this.cuts.get();
	}

	/** How many connections were let through so far. */
	public int accepted() {
		return this.accepted.get();
	}

	private void accept() {
		while (!this.server.isClosed()) {
			try {
				Socket client = this.server.accept();
				if (this.refusing) {
					reset(client);
					continue;
				}
				Socket etcd = new Socket();
				URI target = this.targets.get(this.accepted.get() % this.targets.size());
				try {
					etcd.connect(new InetSocketAddress(target.getHost(), target.getPort()), 1_000);
				}
				catch (IOException ex) {
					reset(client);
					continue;
				}
				client.setTcpNoDelay(true);
				etcd.setTcpNoDelay(true);
				Connection connection = new Connection(client, etcd);
				this.connections.add(connection);
				this.accepted.incrementAndGet();
				daemon(() -> connection.pump(client, etcd, Direction.TO_ETCD));
				daemon(() -> connection.pump(etcd, client, Direction.FROM_ETCD));
			}
			catch (IOException ex) {
				// Closed, or the client has gone already.
			}
		}
	}

	private static void daemon(Runnable task) {
		Thread thread = new Thread(task, "tcp-proxy");
		thread.setDaemon(true);
		thread.start();
	}

	private static void reset(Socket socket) {
		try {
			socket.setSoLinger(true, 0);
			socket.close();
		}
		catch (IOException ex) {
			// Closed already.
		}
	}

	/** How many of these bytes may still come from etcd. */
	private int take(byte[] buffer, int bytes, Frames frames) {
		int allowed = bytes;
		if (this.left.get() != UNLIMITED) {
			allowed = (int) Math.max(0, Math.min(bytes, this.left.getAndAdd(-bytes)));
		}
		return Math.min(allowed, frames.take(buffer, bytes));
	}

	@Override
	public void close() {
		try {
			this.server.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		cut();
	}

	/**
	 * A connection through this proxy.
	 */
	private final class Connection {

		private final Socket client;

		private final Socket etcd;

		Connection(Socket client, Socket etcd) {
			this.client = client;
			this.etcd = etcd;
		}

		void pump(Socket from, Socket to, Direction direction) {
			boolean down = direction == Direction.FROM_ETCD;
			Frames frames = new Frames();
			byte[] buffer = new byte[8_192];
			try {
				InputStream in = from.getInputStream();
				OutputStream out = to.getOutputStream();
				for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
					LockSupport.parkNanos(TcpProxy.this.delay.toNanos());
					while (TcpProxy.this.swallowed.contains(direction) && !from.isClosed()) {
						LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
					}
					int allowed = down ? take(buffer, read, frames) : read;
					out.write(buffer, 0, allowed);
					if (down) {
						slowDown(allowed);
					}
					if (allowed < read || (down && frames.ended())) {
						TcpProxy.this.cuts.incrementAndGet();
						break;
					}
				}
			}
			catch (IOException ex) {
				// One side has gone: so does the other.
			}
			reset();
		}

		void halfClose() {
			try {
				this.client.shutdownOutput();
			}
			catch (IOException ex) {
				// Closed already.
			}
		}

		private void slowDown(int bytes) {
			long rate = TcpProxy.this.bytesPerSecond;
			if (rate != UNLIMITED) {
				LockSupport.parkNanos(Duration.ofSeconds(1).toNanos() * bytes / rate);
			}
		}

		void reset() {
			TcpProxy.this.connections.remove(this);
			TcpProxy.reset(this.client);
			TcpProxy.reset(this.etcd);
		}

	}

	/**
	 * Which way something goes.
	 */
	public enum Direction {

		/** From the client to etcd. */
		TO_ETCD,

		/** From etcd to the client. */
		FROM_ETCD

	}

	/**
	 * Counts the HTTP/2 frames of a connection. Each begins with nine bytes, of which the
	 * first three are the length of what comes after these (RFC 9113, section 4.1).
	 */
	private final class Frames {

		private static final int HEADER = 9;

		private int seenOfHeader;

		private int length;

		private int leftOfPayload;

		/** How many of these bytes belong to frames that may still come. */
		int take(byte[] buffer, int bytes) {
			for (int i = 0; i < bytes; i++) {
				if (this.leftOfPayload > 0) {
					this.leftOfPayload--;
				}
				else {
					if (this.seenOfHeader < 3) {
						this.length = (this.length << 8) | (buffer[i] & 0xff);
					}
					this.seenOfHeader++;
					if (this.seenOfHeader == HEADER) {
						this.leftOfPayload = this.length;
						this.length = 0;
						this.seenOfHeader = 0;
					}
				}
				boolean ended = this.leftOfPayload == 0 && this.seenOfHeader == 0;
				if (ended && limited() && TcpProxy.this.framesLeft.decrementAndGet() <= 0) {
					return i + 1;
				}
			}
			return bytes;
		}

		private boolean limited() {
			return TcpProxy.this.framesLeft.get() != Integer.MAX_VALUE;
		}

		boolean ended() {
			return TcpProxy.this.framesLeft.get() <= 0;
		}

	}

}
