package io.github.etcddiscovery.client;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;

import io.github.etcddiscovery.doubles.TestClients;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.GrpcProxy;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import io.github.etcddiscovery.testsupport.TestUsers;
import io.grpc.Status;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Calls on an etcd that asks who they are, of every kind.
 */
@OnEveryEtcd
@ExtendWith(OutputCaptureExtension.class)
class AuthenticationTests {

	private static final String KEY = "/services/orders/10.0.0.5:8080";

	/** Less is none at all: JWT counts in whole seconds. */
	private static final Duration TOKEN_TTL = Duration.ofSeconds(2);

	private static final Duration SOON = Duration.ofSeconds(15);

	private final EtcdBinary binary;

	private final List<EtcdClient> clients = new ArrayList<>();

	AuthenticationTests(EtcdBinary binary) {
		this.binary = binary;
	}

	@AfterEach
	void close() {
		this.clients.forEach(EtcdClient::close);
	}

	@Test
	void everyCallSurvivesASimpleTokenThatHasExpired() {
		try (EtcdProcess etcd = TestUsers.startWithAuthentication(this.binary,
				"--auth-token-ttl=" + TOKEN_TTL.toSeconds())) {
			assertEveryCallSurvives(etcd, AuthenticationTests::untilTokensHaveExpired);
		}
	}

	@Test
	void everyCallSurvivesAJwtTokenThatHasExpired(@TempDir Path folder) throws Exception {
		try (EtcdProcess etcd = TestUsers.startWithAuthentication(this.binary, TestUsers.jwt(folder, TOKEN_TTL))) {
			assertEveryCallSurvives(etcd, AuthenticationTests::untilTokensHaveExpired);
		}
	}

	@Test
	void everyCallSurvivesAnEtcdThatHasForgottenItsTokens() {
		try (EtcdProcess etcd = TestUsers.startWithAuthentication(this.binary)) {
			assertEveryCallSurvives(etcd, () -> {
				etcd.kill();
				etcd.startAgain();
			});
		}
	}

	/**
	 * Members forget simple tokens one by one: the call that renews it may go to another
	 * one than the watch. Whoever owns the watch opens it once more.
	 */
	@Test
	void watchIsOpenedAfterAFewAttemptsWhateverMembersHaveForgotten(CapturedOutput output) {
		List<EtcdProcess> members = EtcdProcess.startCluster(this.binary, 3,
				"--auth-token-ttl=" + TOKEN_TTL.toSeconds());
		try {
			TestUsers.enableAuthentication(members.get(0));
			EtcdClient client = connect(members.stream().map(EtcdProcess::endpoint).toArray(String[]::new));
			for (int round = 0; round < 2; round++) {
				untilTokensHaveExpired();
				assertThat(Stream
					.generate(() -> watch(client).handle((opened, error) -> error == null)
						.orTimeout(SOON.toSeconds(), TimeUnit.SECONDS)
						.join())
					.limit(members.size() + 1)).contains(true);
			}
			assertThat(output).as("the connection is not suspected").doesNotContain("No connection to etcd");
		}
		finally {
			members.forEach(EtcdProcess::close);
		}
	}

	/** Later versions of etcd 3.5 look at the token here, too. */
	@Test
	void renewalThatFindsItsTokenExpiredIsRepeatedWithANewOne() {
		try (EtcdProcess etcd = TestUsers.startWithAuthentication(this.binary);
				GrpcProxy proxy = GrpcProxy.to(etcd.endpoint())) {
			EtcdClient client = connect(proxy.endpoint());
			long lease = client.grant(Duration.ofSeconds(60)).join().id();
			proxy.failNext("etcdserverpb.Lease/LeaseKeepAlive",
					Status.UNAUTHENTICATED.withDescription("etcdserver: invalid auth token"));
			assertThat(client.keepAlive(lease)).succeedsWithin(SOON).isEqualTo(Duration.ofSeconds(60));
			assertThat(proxy.isAboutToFail()).isFalse();
		}
	}

	/** Of each kind of call the first one that is made with a token that is no good. */
	private void assertEveryCallSurvives(EtcdProcess etcd, Runnable ending) {
		EtcdClient owner = connect(etcd.endpoint());
		Lease lease = owner.grant(Duration.ofSeconds(60)).join();
		Lease unwanted = owner.grant(Duration.ofSeconds(60)).join();
		long written = owner.put(KEY + "0", new byte[1], lease.id(), 0).join().revision();
		Map<String, Function<EtcdClient, CompletableFuture<?>>> calls = new TreeMap<>(
				Map.of("list", (client) -> client.list("/services/", (page) -> {
				}), "readPast", (client) -> client.readPast(0, "/services/", Set.of()), "get",
						(client) -> client.get(KEY, 0), "watch", AuthenticationTests::watch, "grant",
						(client) -> client.grant(Duration.ofSeconds(60)), "keep-alive",
						(client) -> client.keepAlive(lease.id()), "time-to-live",
						(client) -> client.timeToLive(lease.id()), "revoke", (client) -> client.revoke(unwanted.id()),
						"put", (client) -> client.put(KEY, new byte[1], lease.id(), 0), "delete",
						(client) -> client.delete(KEY + "0", written)));
		Map<String, EtcdClient> clients = new TreeMap<>();
		calls.keySet().forEach((name) -> clients.put(name, connect(etcd.endpoint())));
		clients.values().forEach((client) -> assertThat(client.get(KEY, 0)).succeedsWithin(SOON));
		ending.run();
		Map<String, String> failures = new TreeMap<>();
		calls.forEach((name, call) -> call.apply(clients.get(name))
			.handle((result, error) -> (error != null) ? failures.put(name, error.toString()) : null)
			.orTimeout(SOON.toSeconds(), TimeUnit.SECONDS)
			.join());
		assertThat(failures).isEmpty();
		assertThat(owner.entries("/services/").join()).extracting(KeyValue::key).containsExactly(KEY);
	}

	private static void untilTokensHaveExpired() {
		// etcd looks for simple tokens to forget once a second.
		await().pollDelay(TOKEN_TTL.plusSeconds(2)).atMost(SOON).until(() -> true);
	}

	private static CompletableFuture<?> watch(EtcdClient client) {
		CompletableFuture<Void> opened = new CompletableFuture<>();
		client.watch("/services/", true, 1, new WatchListener() {

			@Override
			public void onCreated(long revision) {
				opened.complete(null);
			}

			@Override
			public void onEvents(List<WatchEvent> events) {
			}

			@Override
			public void onEnd(EtcdException cause) {
				opened.completeExceptionally(cause);
			}

		});
		return opened;
	}

	private EtcdClient connect(String... endpoints) {
		EtcdClient client = new JetcdEtcdClient(TestClients.options(endpoints).withCredentials("orders", "pw"),
				List.of());
		this.clients.add(client);
		return client;
	}

}
