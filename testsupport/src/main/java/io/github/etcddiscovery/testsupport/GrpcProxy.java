package io.github.etcddiscovery.testsupport;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.HandlerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;

/**
 * A gRPC server in front of a real etcd, which passes on every call until it is told to
 * do otherwise: for what etcd does only by accident. Listens on a loopback port that
 * stays the same.
 */
public final class GrpcProxy implements AutoCloseable {

	private static final String WATCH = "etcdserverpb.Watch/Watch";

	private final ManagedChannel etcd;

	private final Set<Link> links = ConcurrentHashMap.newKeySet();

	private volatile Server server;

	private volatile Status failure;

	private final Map<String, Status> failures = new ConcurrentHashMap<>();

	private volatile int watchMessages = Integer.MAX_VALUE;

	private volatile boolean watchesSilent;

	private final AtomicInteger watchesEnded = new AtomicInteger();

	private final AtomicInteger connections = new AtomicInteger();

	private GrpcProxy(ManagedChannel etcd) {
		this.etcd = etcd;
		this.server = listen(0);
	}

	/** Starts one in front of an endpoint. */
	public static GrpcProxy to(String endpoint) {
		URI target = URI.create(endpoint);
		return new GrpcProxy(NettyChannelBuilder.forAddress(target.getHost(), target.getPort()).usePlaintext().build());
	}

	public String endpoint() {
		return "http://127.0.0.1:" + this.server.getPort();
	}

	private Server listen(int port) {
		try {
			return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
				.permitKeepAliveTime(5, TimeUnit.SECONDS)
				.permitKeepAliveWithoutCalls(true)
				.fallbackHandlerRegistry(new PassingOn())
				.addTransportFilter(new ServerTransportFilter() {

					@Override
					public Attributes transportReady(Attributes attributes) {
						GrpcProxy.this.connections.incrementAndGet();
						return attributes;
					}

				})
				.build()
				.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Ends all calls with a status, streams included, and new ones until told to stop.
	 */
	public void failAll(Status status) {
		this.failure = status;
		this.links.forEach((link) -> link.close(status, new Metadata()));
	}

	public void stopFailing() {
		this.failure = null;
	}

	/**
	 * Ends the next call of a method with a status, such as
	 * {@code package.Service/Method}.
	 */
	public void failNext(String method, Status status) {
		this.failures.put(method, status);
	}

	/** Whether a call has still to come that {@link #failNext} is to end. */
	public boolean isAboutToFail() {
		return !this.failures.isEmpty();
	}

	/** Ends every new watch once that many messages of it have been passed on. */
	public void endWatchesAfter(int messages) {
		this.watchMessages = messages;
	}

	/** How many watches were ended by {@link #endWatchesAfter} so far. */
	public int watchesEnded() {
		return this.watchesEnded.get();
	}

	/** How many connections were made so far. */
	public int connections() {
		return this.connections.get();
	}

	/**
	 * Swallows what watches say, and nothing else. One that has lost something then never
	 * says anything else: it ends as soon as it would.
	 */
	public void silenceWatches(boolean silent) {
		this.watchesSilent = silent;
	}

	/**
	 * Tells all clients to go to another connection (GOAWAY, RFC 9113, section 6.8), and
	 * takes new ones on the same port.
	 * @return ends what is still going on over the old connections
	 */
	public Runnable goAway() {
		Server old = this.server;
		int port = old.getPort();
		old.shutdown();
		this.server = listen(port);
		return old::shutdownNow;
	}

	@Override
	public void close() {
		this.server.shutdownNow();
		this.etcd.shutdownNow();
	}

	/**
	 * Takes whatever method is called.
	 */
	private final class PassingOn extends HandlerRegistry {

		@Override
		public ServerMethodDefinition<?, ?> lookupMethod(String name, String authority) {
			MethodDescriptor<byte[], byte[]> method = MethodDescriptor.newBuilder(new Bytes(), new Bytes())
				.setFullMethodName(name)
				.setType(MethodDescriptor.MethodType.UNKNOWN)
				.build();
			return ServerMethodDefinition.create(method, (call, headers) -> {
				// One that was away a moment ago may be back.
				GrpcProxy.this.etcd.resetConnectBackoff();
				Link link = new Link(call, GrpcProxy.this.etcd.newCall(method, CallOptions.DEFAULT),
						name.equals(WATCH));
				link.open(headers);
				Status failing = GrpcProxy.this.failures.remove(name);
				if (failing != null) {
					link.close(failing, new Metadata());
				}
				return link.fromClient();
			});
		}

	}

	/**
	 * A call of a client, and the one to etcd that answers it.
	 */
	private final class Link {

		private final ServerCall<byte[], byte[]> client;

		private final ClientCall<byte[], byte[]> etcd;

		private final boolean watch;

		private int messages;

		private boolean incomplete;

		private boolean closed;

		Link(ServerCall<byte[], byte[]> client, ClientCall<byte[], byte[]> etcd, boolean watch) {
			this.client = client;
			this.etcd = etcd;
			this.watch = watch;
		}

		void open(Metadata headers) {
			GrpcProxy.this.links.add(this);
			this.etcd.start(fromEtcd(), headers);
			this.etcd.request(Integer.MAX_VALUE);
			this.client.request(Integer.MAX_VALUE);
			Status failing = GrpcProxy.this.failure;
			if (failing != null) {
				close(failing, new Metadata());
			}
		}

		synchronized void close(Status status, Metadata trailers) {
			GrpcProxy.this.links.remove(this);
			if (!this.closed) {
				this.closed = true;
				this.client.close(status, trailers);
				this.etcd.cancel("ended by the proxy", null);
			}
		}

		private synchronized void sendHeaders(Metadata headers) {
			if (!this.closed) {
				this.client.sendHeaders(headers);
			}
		}

		private synchronized void send(byte[] message) {
			if (this.closed) {
				return;
			}
			if (this.watch && GrpcProxy.this.watchesSilent) {
				this.incomplete = true;
				return;
			}
			if (this.incomplete) {
				close(Status.UNAVAILABLE, new Metadata());
				return;
			}
			this.client.sendMessage(message);
			this.messages++;
			if (this.watch && this.messages >= GrpcProxy.this.watchMessages) {
				GrpcProxy.this.watchesEnded.incrementAndGet();
				close(Status.UNAVAILABLE, new Metadata());
			}
		}

		private ClientCall.Listener<byte[]> fromEtcd() {
			return new ClientCall.Listener<>() {

				@Override
				public void onHeaders(Metadata headers) {
					sendHeaders(headers);
				}

				@Override
				public void onMessage(byte[] message) {
					send(message);
				}

				@Override
				public void onClose(Status status, Metadata trailers) {
					close(status, trailers);
				}

			};
		}

		ServerCall.Listener<byte[]> fromClient() {
			return new ServerCall.Listener<>() {

				@Override
				public void onMessage(byte[] message) {
					Link.this.etcd.sendMessage(message);
				}

				@Override
				public void onHalfClose() {
					Link.this.etcd.halfClose();
				}

				@Override
				public void onCancel() {
					GrpcProxy.this.links.remove(Link.this);
					Link.this.etcd.cancel("cancelled by the client", null);
				}

			};
		}

	}

	/**
	 * Passes messages on as they are.
	 */
	private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {

		@Override
		public InputStream stream(byte[] message) {
			return new ByteArrayInputStream(message);
		}

		@Override
		public byte[] parse(InputStream stream) {
			try {
				return stream.readAllBytes();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

	}

}
