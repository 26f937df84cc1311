package io.github.etcddiscovery.soak;

import java.net.URI;
import java.util.concurrent.TimeUnit;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthenticateRequest;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;

/**
 * Speaks to one member as root, over gRPC and nothing else.
 */
final class MemberChannel implements AutoCloseable {

	private static final Metadata.Key<String> TOKEN = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);

	private final ManagedChannel channel;

	MemberChannel(String endpoint) {
		this.channel = Grpc.newChannelBuilder(URI.create(endpoint).getAuthority(), InsecureChannelCredentials.create())
			.maxInboundMessageSize(Integer.MAX_VALUE)
			.build();
	}

	/** Whether it asks who you are. */
	boolean isAuthenticationEnabled() {
		return logIn() != null;
	}

	/** Logs in, and returns what may do everything as long as the token lasts. */
	Channel authenticated() {
		String token = logIn();
		Metadata headers = new Metadata();
		if (token != null) {
			headers.put(TOKEN, token);
		}
		return ClientInterceptors.intercept(this.channel, MetadataUtils.newAttachHeadersInterceptor(headers));
	}

	/** Returns {@code null} where nobody is asked: an etcd that was wiped, at first. */
	private String logIn() {
		this.channel.resetConnectBackoff();
		ByteString root = ByteString.copyFromUtf8("root");
		try {
			return AuthGrpc.newBlockingStub(this.channel)
				.withDeadlineAfter(2, TimeUnit.SECONDS)
				.authenticate(AuthenticateRequest.newBuilder().setNameBytes(root).setPasswordBytes(root).build())
				.getToken();
		}
		catch (StatusRuntimeException ex) {
			if (ex.getStatus().getCode() == Status.Code.FAILED_PRECONDITION) {
				return null;
			}
			throw ex;
		}
	}

	@Override
	public void close() {
		this.channel.shutdownNow();
	}

}
