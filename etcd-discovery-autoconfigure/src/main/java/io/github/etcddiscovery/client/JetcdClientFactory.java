package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import javax.net.ssl.SSLException;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.github.etcddiscovery.instance.KeyText;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NegotiationType;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.PreferHeapByteBufAllocator;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.concurrent.FastThreadLocalThread;
import org.jspecify.annotations.Nullable;

/**
 * Builds jetcd clients. Building one opens no connection; the first call does. The calls
 * of these clients use a gRPC channel that this factory builds: jetcd's own channel takes
 * threads and buffers that suit a server with many connections. All clients of a factory
 * share one network thread.
 */
final class JetcdClientFactory implements AutoCloseable {

	/**
	 * etcd's largest request is 1.5 MiB, and a page has some MiB. A watch that catches up
	 * may get a thousand revisions in one message; what is larger is listed, in pages.
	 */
	private static final int MAX_INBOUND_MESSAGE_BYTES = 16 * 1024 * 1024;

	/** How long a ping may stay unanswered until the connection counts as dead. */
	private static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(2);

	/**
	 * How long the network thread stays after the last task, as gRPC's own threads do. A
	 * channel that closes late still needs it: gRPC logs a refused task as an error.
	 */
	private static final Duration QUIET = Duration.ofSeconds(1);

	private final List<EtcdClientBuilderCustomizer> customizers;

	private final ExecutorService executor;

	private final String threads;

	private @Nullable EventLoopGroup network;

	private boolean closed;

	/**
	 * Creates a factory. Starts no thread.
	 * @param customizers change jetcd's builder
	 * @param executor processes the answers
	 * @param threads the prefix of the name of the network thread
	 */
	JetcdClientFactory(List<EtcdClientBuilderCustomizer> customizers, ExecutorService executor, String threads) {
		this.customizers = List.copyOf(customizers);
		this.executor = executor;
		this.threads = threads;
	}

	/**
	 * Builds a client that speaks to one member, or to the target that a customizer has
	 * set.
	 * @param options how to connect
	 * @param member the member
	 */
	MemberConnection create(EtcdClientOptions options, MemberAddress member) {
		CallDeadline deadline = new CallDeadline(options.requestTimeout());
		ClientBuilder builder = Client.builder()
			.maxInboundMessageSize(MAX_INBOUND_MESSAGE_BYTES)
			.connectTimeout(options.dialTimeout())
			.keepaliveTime(options.dialKeepAlive())
			.keepaliveTimeout(KEEP_ALIVE_TIMEOUT)
			// etcd does not permit it, and answers with GOAWAY.
			.keepaliveWithoutCalls(false)
			// Retrying is the caller's; the one retry here is for an expired token.
			.retryMaxAttempts(1)
			.retryDelay(50)
			.retryMaxDelay(100);
		this.customizers.forEach((customizer) -> customizer.customize(builder));
		boolean atMember = builder.target() == null;
		if (atMember) {
			builder.target(member.target());
			if (builder.authority() == null) {
				builder.authority(member.endpoint().address());
			}
		}
		builder.waitForReady(true).executorService(this.executor);
		if (options.credentials() != null) {
			builder.user(bytes(options.credentials().username())).password(bytes(options.credentials().password()));
		}
		if (options.tls() != null) {
			builder.sslContext(sslContext(options.tls()));
		}
		ManagedChannel channel = channel(builder, atMember ? member : null);
		List<ClientInterceptor> interceptors = new ArrayList<>();
		// gRPC runs the interceptor that was added first last, so the others run too.
		interceptors.add(new OverChannel(channel));
		if (builder.interceptors() != null) {
			interceptors.addAll(builder.interceptors());
		}
		interceptors.add(deadline);
		builder.interceptors(interceptors);
		return new MemberConnection(builder.build(), channel, member, deadline, atMember);
	}

	/** Builds the same channel as jetcd, except for threads, buffers and resolver. */
	private ManagedChannel channel(ClientBuilder builder, @Nullable MemberAddress member) {
		NettyChannelBuilder channel = (member != null) ? NettyChannelBuilder.forAddress(member.socketAddress())
				: NettyChannelBuilder.forTarget(builder.target()).defaultLoadBalancingPolicy("pick_first");
		channel.executor(this.executor).eventLoopGroup(network()).channelType(NioSocketChannel.class);
		// Netty's pooled buffers load Java Flight Recorder, and take memory for many
		// connections.
		channel.withOption(ChannelOption.ALLOCATOR, new PreferHeapByteBufAllocator(UnpooledByteBufAllocator.DEFAULT));
		ifSet(builder.authority(), channel::overrideAuthority);
		ifSet(builder.maxInboundMessageSize(), channel::maxInboundMessageSize);
		ifSet(builder.keepaliveTime(), (time) -> channel.keepAliveTime(time.toMillis(), TimeUnit.MILLISECONDS));
		ifSet(builder.keepaliveTimeout(), (time) -> channel.keepAliveTimeout(time.toMillis(), TimeUnit.MILLISECONDS));
		ifSet(builder.keepaliveWithoutCalls(), channel::keepAliveWithoutCalls);
		ifSet(builder.connectTimeout(),
				(time) -> channel.withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) time.toMillis()));
		ifSet(builder.headers(),
				(headers) -> channel.intercept(MetadataUtils.newAttachHeadersInterceptor(metadata(headers))));
		channel.negotiationType(NegotiationType.PLAINTEXT);
		ifSet(builder.sslContext(), (context) -> channel.negotiationType(NegotiationType.TLS).sslContext(context));
		return channel.build();
	}

	private static <T> void ifSet(@Nullable T value, Consumer<T> setter) {
		if (value != null) {
			setter.accept(value);
		}
	}

	@SuppressWarnings({ "rawtypes", "unchecked" })
	private static Metadata metadata(Map<Metadata.Key<?>, Object> headers) {
		Metadata metadata = new Metadata();
		headers.forEach((key, value) -> metadata.put((Metadata.Key) key, value));
		return metadata;
	}

	private synchronized EventLoopGroup network() {
		if (this.closed) {
			throw new EtcdException(EtcdException.Reason.FATAL, "The client is closed: it opens no new connection",
					null);
		}
		EventLoopGroup group = this.network;
		if (group == null) {
			group = new MultiThreadIoEventLoopGroup(1, this::networkThread, NioIoHandler.newFactory());
			this.network = group;
		}
		return group;
	}

	private Thread networkThread(Runnable task) {
		Thread thread = new FastThreadLocalThread(task, this.threads + "-network");
		thread.setDaemon(true);
		return thread;
	}

	/** Ends the network thread soon. Call it after closing all connections. */
	@Override
	public synchronized void close() {
		this.closed = true;
		if (this.network != null) {
			this.network.shutdownGracefully(QUIET.toMillis(), 5 * QUIET.toMillis(), TimeUnit.MILLISECONDS);
		}
	}

	private static SslContext sslContext(EtcdClientOptions.Tls tls) {
		try {
			SslContextBuilder context = GrpcSslContexts.forClient().protocols("TLSv1.3", "TLSv1.2");
			if (tls.trust() != null) {
				context.trustManager(tls.trust());
			}
			if (tls.key() != null) {
				context.keyManager(tls.key());
			}
			return context.build();
		}
		catch (SSLException ex) {
			throw new EtcdException(EtcdException.Reason.FATAL, "TLS cannot be set up: " + ex.getMessage(), ex);
		}
	}

	static ByteSequence bytes(String text) {
		return ByteSequence.from(KeyText.encode(text));
	}

	/**
	 * Sends all calls over the given channel instead of jetcd's.
	 *
	 * @param channel the other channel
	 */
	private record OverChannel(Channel channel) implements ClientInterceptor {

		private static final String WATCH = "etcdserverpb.Watch/Watch";

		@Override
		public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options,
				Channel unused) {
			boolean watch = WATCH.equals(method.getFullMethodName());
			// Listeners only hand events over. Another thread would add delay.
			return this.channel.newCall(method, watch ? options.withExecutor(Runnable::run) : options);
		}

	}

}
