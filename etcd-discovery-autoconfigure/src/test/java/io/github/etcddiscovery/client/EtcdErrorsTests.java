package io.github.etcddiscovery.client;

import io.grpc.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is made of the words of others. Tests of {@link EtcdException}.
 */
class EtcdErrorsTests {

	/** As a server that speaks TLS closes a connection on which it is sent plaintext. */
	@ParameterizedTest
	@ValueSource(strings = { "null", "io.netty.channel.StacklessClosedChannelException",
			"io.netty.channel.unix.Errors$NativeIoException: recvAddress(..) failed with error(-104): Connection reset by peer",
			"java.net.SocketException: Connection reset" })
	void connectionThatTheServerClosesReadsAlikeHoweverItDoesSo(String cause) {
		String description = "Last Pick Failure=Status{code=UNAVAILABLE, description=io exception, cause=" + cause
				+ "\n\tat somewhere}";
		Throwable error = Status.DEADLINE_EXCEEDED.withDescription(description).asRuntimeException();
		assertThat(EtcdErrors.sort("Reading", error)).hasMessage("Reading failed: no connection"
				+ " (the server closed it: check whether it speaks TLS, as https:// says, or not, and whether it wants a certificate of this client, or another one)");
	}

	@Test
	void messageIsFitForALogWhateverEtcdOrAKeySays() {
		EtcdException failure = EtcdErrors.sort("Reading /services/evil/\n2026 ERROR forged",
				Status.UNAVAILABLE.withDescription("\u001b[31m" + "x".repeat(5_000)).asRuntimeException());
		assertThat(failure.getMessage())
			.startsWith("Reading /services/evil/\\u000a2026 ERROR forged failed: UNAVAILABLE: \\u001b[31mxxx")
			.hasSizeLessThan(1_100);
	}

}
