package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;

import javax.net.ssl.SSLException;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.github.etcddiscovery.instance.KeyText;
import io.grpc.ClientInterceptor;
import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;

/**
 * Builds jetcd clients. Building one opens no connection; the first call does.
 */
final class JetcdClientFactory {

	/**
	 * etcd's largest request is 1.5 MiB, and a page has some MiB. A watch that catches up
	 * may get a thousand revisions in one message; what is larger is listed, in pages.
	 */
	private static final int MAX_INBOUND_MESSAGE_BYTES = 16 * 1024 * 1024;

	/** How long a ping may stay unanswered until the connection counts as dead. */
	private static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(2);

	private final List<EtcdClientBuilderCustomizer> customizers;

	private final ExecutorService executor;

	JetcdClientFactory(List<EtcdClientBuilderCustomizer> customizers, ExecutorService executor) {
		this.customizers = List.copyOf(customizers);
		this.executor = executor;
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
		builder.loadBalancerPolicy("pick_first").waitForReady(true).executorService(this.executor);
		List<ClientInterceptor> interceptors = new ArrayList<>();
		if (builder.interceptors() != null) {
			interceptors.addAll(builder.interceptors());
		}
		interceptors.add(deadline);
		builder.interceptors(interceptors);
		if (options.credentials() != null) {
			builder.user(bytes(options.credentials().username())).password(bytes(options.credentials().password()));
		}
		if (options.tls() != null) {
			builder.sslContext(sslContext(options.tls()));
		}
		return new MemberConnection(builder.build(), member, deadline, atMember);
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

}
