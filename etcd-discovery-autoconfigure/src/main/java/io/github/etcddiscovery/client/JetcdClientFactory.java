package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import javax.net.ssl.SSLException;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.github.etcddiscovery.instance.KeyText;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;

/**
 * Builds jetcd clients. Building one opens no connection; the first call does.
 */
final class JetcdClientFactory {

	/**
	 * 100,000 records of 300 bytes are 33 MB; gRPC's default of 4 MiB kills the watch.
	 */
	private static final int MAX_INBOUND_MESSAGE_BYTES = 64 * 1024 * 1024;

	/** How long a ping may stay unanswered until the connection counts as dead. */
	private static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(2);

	private final EtcdClientOptions options;

	private final List<EtcdClientBuilderCustomizer> customizers;

	private final ExecutorService executor;

	JetcdClientFactory(EtcdClientOptions options, List<EtcdClientBuilderCustomizer> customizers,
			ExecutorService executor) {
		this.options = options;
		this.customizers = List.copyOf(customizers);
		this.executor = executor;
	}

	Client create() {
		ClientBuilder builder = Client.builder()
			.maxInboundMessageSize(MAX_INBOUND_MESSAGE_BYTES)
			.connectTimeout(this.options.dialTimeout())
			.keepaliveTime(this.options.dialKeepAlive())
			.keepaliveTimeout(KEEP_ALIVE_TIMEOUT)
			.keepaliveWithoutCalls(true)
			// Retrying is the caller's; the one retry here is for an expired token.
			.retryMaxAttempts(1)
			.retryDelay(50)
			.retryMaxDelay(100);
		this.customizers.forEach((customizer) -> customizer.customize(builder));
		// Some members may be hung: trying them in turn is what finds a live one.
		builder.loadBalancerPolicy("round_robin").waitForReady(true).executorService(this.executor);
		builder.target(this.options.endpoints()
			.stream()
			.map(EtcdEndpoint::address)
			.collect(Collectors.joining(",", "ip:///", "")));
		List<ClientInterceptor> interceptors = new ArrayList<>();
		if (builder.interceptors() != null) {
			interceptors.addAll(builder.interceptors());
		}
		interceptors.add(new DeadlineInterceptor(this.options.requestTimeout()));
		builder.interceptors(interceptors);
		if (this.options.credentials() != null) {
			builder.user(bytes(this.options.credentials().username()))
				.password(bytes(this.options.credentials().password()));
		}
		if (this.options.tls() != null) {
			builder.sslContext(sslContext(this.options.tls()));
		}
		return builder.build();
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
	 * jetcd's calls wait for ever by default. A deadline also keeps a call that was given
	 * up from taking effect when etcd comes back.
	 */
	private record DeadlineInterceptor(Duration timeout) implements ClientInterceptor {

		/**
		 * jetcd renews a lease once over a stream that it ends after the first answer.
		 */
		private static final String KEEP_ALIVE = "etcdserverpb.Lease/LeaseKeepAlive";

		@Override
		public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions callOptions,
				Channel next) {
			boolean bounded = method.getType() == MethodDescriptor.MethodType.UNARY
					|| KEEP_ALIVE.equals(method.getFullMethodName());
			return next.newCall(method, bounded
					? callOptions.withDeadlineAfter(this.timeout.toNanos(), TimeUnit.NANOSECONDS) : callOptions);
		}

	}

}
