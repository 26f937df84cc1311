package io.github.etcddiscovery.client;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.options.GetOption;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.doubles.ManualEventLoop;
import io.github.etcddiscovery.doubles.TestClients;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.atLeastOnce;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;

/**
 * When a connection is taken into use, checked, given up and left for another member.
 * Tests of {@link MemberConnection}.
 */
class ConnectionKeeperTests {

	private static final EtcdException UNANSWERED = new EtcdException(Reason.UNAVAILABLE, "no answer", null);

	private static final Duration STAY = Duration.ofMinutes(15);

	private final EtcdClientOptions options = TestClients.options("127.0.0.1:1", "127.0.0.2:2");

	private final MemberConnector connector = mock(MemberConnector.class);

	private final ManualEventLoop loop = new ManualEventLoop();

	private final List<String> heard = new ArrayList<>();

	private final ConnectionKeeper keeper = new ConnectionKeeper(this.connector, this.options, this.loop, STAY,
			new ConnectionKeeper.Listener() {

				@Override
				public void lost(Client client, EtcdException cause) {
					ConnectionKeeperTests.this.heard.add("lost");
				}

				@Override
				public void restored() {
					ConnectionKeeperTests.this.heard.add("restored");
				}

				@Override
				public void moved(Client client) {
					ConnectionKeeperTests.this.heard.add("moved");
				}

			});

	private final MemberConnection first = connection(1);

	private final MemberConnection second = connection(2);

	@BeforeEach
	void connectToTheFirst() {
		given(this.connector.connect(any(), any(), any(), anyBoolean())).willReturn(this.first);
	}

	@Test
	void callsWaitForTheFirstConnectionAndNotForLaterOnes() {
		CompletableFuture<MemberConnection> waiting = this.keeper.connection("Reading");
		assertThat(waiting).isNotDone();
		this.loop.run();
		assertThat(waiting).isCompletedWithValue(this.first);
		assertThat(this.keeper.connection("Reading")).isCompletedWithValue(this.first);
		assertThat(this.heard).isEmpty();
	}

	@Test
	void callsThatWaitForACheckGoOnWhenTheMemberWorks() {
		connected();
		this.keeper.failed(this.first.client(), UNANSWERED);
		CompletableFuture<MemberConnection> waiting = this.keeper.connection("Reading");
		assertThat(waiting).isNotDone();
		this.loop.run();
		assertThat(waiting).isCompletedWithValue(this.first);
		assertThat(this.heard).containsExactly("restored");
	}

	@Test
	void memberThatDoesNotAnswerTheCheckIsLeftAndItsCallsFail() {
		connected();
		CompletableFuture<GetResponse> call = this.first.call((client) -> new CompletableFuture<>());
		answerPings(this.first, CompletableFuture.failedFuture(Status.UNAVAILABLE.asRuntimeException()));
		given(this.connector.connect(any(), eq(this.first.member()), any(), anyBoolean())).willReturn(this.second);
		this.keeper.failed(this.first.client(), UNANSWERED);
		this.loop.run();
		assertThat(this.heard).containsExactly("lost", "restored");
		assertThat(call).isCompletedExceptionally();
		assertThat(this.keeper.connection("Reading")).isCompletedWithValue(this.second);
		assertThat(this.keeper.member()).isEqualTo(this.second.member());
		verify(this.first.client(), atLeastOnce()).close();
	}

	@Test
	void refusalIsAnAnswer() {
		connected();
		answerPings(this.first, CompletableFuture.failedFuture(Status.PERMISSION_DENIED.asRuntimeException()));
		this.keeper.failed(this.first.client(), UNANSWERED);
		this.loop.run();
		assertThat(this.keeper.connection("Reading")).isCompletedWithValue(this.first);
	}

	@Test
	void failureOfAFormerConnectionCastsNoSuspicion() {
		connected();
		this.keeper.failed(this.second.client(), UNANSWERED);
		assertThat(this.keeper.connection("Reading")).isCompletedWithValue(this.first);
	}

	@Test
	void membersAreTriedAgainWhateverIsThrown() {
		given(this.connector.connect(any(), any(), any(), anyBoolean())).willThrow(UNANSWERED)
			.willThrow(new OutOfMemoryError("thrown on purpose"))
			.willReturn(this.first);
		CompletableFuture<MemberConnection> waiting = this.keeper.connection("Reading");
		this.loop.run();
		this.loop.advance(Duration.ofMillis(200));
		assertThat(waiting).isNotDone();
		this.loop.advance(Duration.ofMillis(200));
		assertThat(waiting).isCompletedWithValue(this.first);
	}

	@Test
	void clientThatCannotBeBuiltFailsTheCallsAtOnce() {
		given(this.connector.connect(any(), any(), any(), anyBoolean()))
			.willThrow(new EtcdException(Reason.FATAL, "cannot be built", null));
		CompletableFuture<MemberConnection> waiting = this.keeper.connection("Reading");
		this.loop.run();
		assertThat(waiting).isCompletedExceptionally();
	}

	@Test
	void timeToAnswerDoublesFromTheThirdFailureInARowOn() {
		given(this.connector.connect(any(), any(), any(), anyBoolean())).willThrow(UNANSWERED);
		this.keeper.connection("Reading");
		this.loop.run();
		for (int i = 0; i < 3; i++) {
			this.loop.advance(Duration.ofMillis(200));
		}
		ArgumentCaptor<Boolean> firstTries = ArgumentCaptor.forClass(Boolean.class);
		verify(this.connector, atLeastOnce()).connect(any(), any(), any(), firstTries.capture());
		assertThat(timesToAnswer()).as("up to the request timeout of two seconds")
			.containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(2),
					Duration.ofSeconds(2));
		assertThat(firstTries.getAllValues()).containsExactly(true, false, false, false);
	}

	@Test
	void memberThatReplacesALostOneHasHalfTheTimeToAnswer() {
		connected();
		answerPings(this.first, CompletableFuture.failedFuture(Status.UNAVAILABLE.asRuntimeException()));
		given(this.connector.connect(any(), eq(this.first.member()), any(), anyBoolean())).willThrow(UNANSWERED)
			.willThrow(UNANSWERED)
			.willReturn(this.second);
		this.keeper.failed(this.first.client(), UNANSWERED);
		this.loop.run();
		this.loop.advance(Duration.ofMillis(200));
		this.loop.advance(Duration.ofMillis(200));
		assertThat(timesToAnswer()).containsExactly(Duration.ofSeconds(1), Duration.ofMillis(500),
				Duration.ofSeconds(1), Duration.ofSeconds(2));
	}

	@Test
	void timeToAnswerIsShortAgainAfterASuccess() {
		memberThatReplacesALostOneHasHalfTheTimeToAnswer();
		answerPings(this.second, CompletableFuture.failedFuture(Status.UNAVAILABLE.asRuntimeException()));
		given(this.connector.connect(any(), eq(this.second.member()), any(), anyBoolean())).willReturn(this.first);
		this.keeper.failed(this.second.client(), UNANSWERED);
		this.loop.run();
		assertThat(timesToAnswer()).last().isEqualTo(Duration.ofMillis(500));
	}

	@Test
	void proofThatIsRefusedLeavesTheTimeOfCallsAsItWas() {
		Duration before = this.first.longestCall();
		answerPings(this.first, CompletableFuture.failedFuture(Status.PERMISSION_DENIED.asRuntimeException()));
		assertThat(this.first.prove(Duration.ofMillis(1), true)).isCompleted();
		assertThat(this.first.longestCall()).isEqualTo(before);
		assertThat(this.first.refusal()).isNull();
	}

	@Test
	void clientOfALeftMemberIsClosedWithTheKeeper() {
		connected();
		given(this.connector.move(any(), eq(this.first.member()), any())).willReturn(this.second);
		for (int i = 0; i <= STAY.multipliedBy(3).dividedBy(2).toSeconds() && this.heard.isEmpty(); i++) {
			this.loop.advance(Duration.ofSeconds(1));
		}
		verify(this.first.client(), never()).close();
		this.keeper.close();
		verify(this.first.client()).close();
	}

	private List<Duration> timesToAnswer() {
		ArgumentCaptor<Duration> timeouts = ArgumentCaptor.forClass(Duration.class);
		verify(this.connector, atLeastOnce()).connect(any(), any(), timeouts.capture(), anyBoolean());
		return timeouts.getAllValues();
	}

	@Test
	void clientMovesAfterAWhileAlsoWhereItMayNotReadTheKeyOfTheProof() {
		connected();
		answerPings(this.second, CompletableFuture.failedFuture(Status.PERMISSION_DENIED.asRuntimeException()));
		this.second.prove(Duration.ofSeconds(1), false);
		given(this.connector.move(any(), eq(this.first.member()), any())).willReturn(this.second);
		this.loop.advance(STAY.multipliedBy(3).dividedBy(2));
		assertThat(this.heard).startsWith("moved").containsOnly("moved");
		assertThat(this.keeper.connection("Reading")).isCompletedWithValue(this.second);
	}

	@Test
	void memberIsLeftOnlyAfterItsLastCallCouldHaveEnded() {
		connected();
		given(this.connector.move(any(), eq(this.first.member()), any())).willReturn(this.second);
		long longest = STAY.multipliedBy(3).dividedBy(2).toSeconds();
		for (int i = 0; i <= longest && this.heard.isEmpty(); i++) {
			this.loop.advance(Duration.ofSeconds(1));
		}
		assertThat(this.heard).containsExactly("moved");
		verify(this.first.client(), never()).close();
		this.loop.advance(this.first.longestCall());
		verify(this.first.client()).close();
	}

	@Test
	void closedKeeperFailsCallsThatWait() {
		CompletableFuture<MemberConnection> waiting = this.keeper.connection("Reading");
		this.keeper.close();
		assertThat(waiting).isCompletedExceptionally();
		assertThat(this.keeper.connection("Reading")).failsWithin(Duration.ZERO)
			.withThrowableThat()
			.withMessageContaining("is closed");
	}

	private void connected() {
		this.keeper.connection("Reading");
		this.loop.run();
	}

	private static MemberConnection connection(int number) {
		try {
			MemberAddress member = new MemberAddress(EtcdEndpoint.parse("127.0.0." + number + ":" + number, false),
					InetAddress.getByName("127.0.0." + number), number);
			MemberConnection connection = new MemberConnection(mock(Client.class), mock(ManagedChannel.class), member,
					new CallDeadline(Duration.ofSeconds(2)), true);
			answerPings(connection, CompletableFuture.completedFuture(null));
			return connection;
		}
		catch (IOException ex) {
			throw new CompletionException(ex);
		}
	}

	private static void answerPings(MemberConnection connection, CompletableFuture<GetResponse> answer) {
		KV kv = mock(KV.class);
		given(connection.client().getKVClient()).willReturn(kv);
		given(kv.get(any(ByteSequence.class), any(GetOption.class))).willReturn(answer);
	}

}
