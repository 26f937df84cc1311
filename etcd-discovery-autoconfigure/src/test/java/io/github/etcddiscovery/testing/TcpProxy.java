package io.github.etcddiscovery.testing;

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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A network between a client and etcd that can be made to fail. Listens on a loopback
 * port that stays the same.
 */
public final class TcpProxy implements AutoCloseable {

	private static final long UNLIMITED = Long.MAX_VALUE;

	private final URI target;

	private final ServerSocket server;

	private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

	private final AtomicInteger cuts = new AtomicInteger();

	private final AtomicLong left = new AtomicLong(UNLIMITED);

	private volatile boolean refusing;

	private volatile boolean blackHole;

	private volatile long bytesPerSecond = UNLIMITED;

	private TcpProxy(URI target, ServerSocket server) {
		this.target = target;
		this.server = server;
	}

	/** Starts one in front of an endpoint. */
	public static TcpProxy to(String endpoint) {
		try {
			TcpProxy proxy = new TcpProxy(URI.create(endpoint),
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

	/** Lets nothing through either way, without anybody being told. */
	public void setBlackHole(boolean blackHole) {
		this.blackHole = blackHole;
	}

	/** Slows down what comes from etcd, on each connection. */
	public void setBytesPerSecond(long rate) {
		this.bytesPerSecond = rate;
	}

	/** Breaks all connections once that many more bytes have come from etcd. */
	public void cutAfter(long bytes) {
		this.left.set(bytes);
	}

	/** How often connections were broken by {@link #cutAfter} so far. */
	public int cuts() {
		return this.cuts.get();
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
				try {
					etcd.connect(new InetSocketAddress(this.target.getHost(), this.target.getPort()), 1_000);
				}
				catch (IOException ex) {
					reset(client);
					continue;
				}
				client.setTcpNoDelay(true);
				etcd.setTcpNoDelay(true);
				Connection connection = new Connection(client, etcd);
				this.connections.add(connection);
				daemon(() -> connection.pump(client, etcd, false));
				daemon(() -> connection.pump(etcd, client, true));
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
	private int take(int bytes) {
		if (this.left.get() == UNLIMITED) {
			return bytes;
		}
		return (int) Math.max(0, Math.min(bytes, this.left.getAndAdd(-bytes)));
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

		void pump(Socket from, Socket to, boolean down) {
			byte[] buffer = new byte[8_192];
			try {
				InputStream in = from.getInputStream();
				OutputStream out = to.getOutputStream();
				for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
					while (TcpProxy.this.blackHole && !from.isClosed()) {
						LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
					}
					int allowed = down ? take(read) : read;
					out.write(buffer, 0, allowed);
					if (down) {
						slowDown(allowed);
					}
					if (allowed < read) {
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

}
