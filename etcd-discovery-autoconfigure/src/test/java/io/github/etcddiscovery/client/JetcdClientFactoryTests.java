package io.github.etcddiscovery.client;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.doubles.TestClients;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.grpc.Attributes;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.ServerTransportFilter;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.MetadataUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests of {@link JetcdClientFactory}.
 */
@RequiresEtcd
@ExtendWith(OutputCaptureExtension.class)
class JetcdClientFactoryTests {

	private static final Metadata.Key<String> TENANT = Metadata.Key.of("tenant", Metadata.ASCII_STRING_MARSHALLER);

	private static final Metadata.Key<String> TRACE = Metadata.Key.of("trace", Metadata.ASCII_STRING_MARSHALLER);

	private final ExecutorService executor = Executors.newSingleThreadExecutor();

	@AfterEach
	void stop() {
		this.executor.shutdownNow();
	}

	@Test
	void headersAndInterceptorsOfACustomizerReachTheMember() throws Exception {
		BlockingQueue<Metadata> received = new LinkedBlockingQueue<>();
		Server member = member().addStreamTracerFactory(new HeaderRecorder(received)).build().start();
		Metadata trace = new Metadata();
		trace.put(TRACE, "7");
		EtcdClientBuilderCustomizer customizer = (builder) -> builder.header("tenant", "a")
			.interceptor(MetadataUtils.newAttachHeadersInterceptor(trace));
		try (EtcdClient client = new JetcdEtcdClient(TestClients.options("127.0.0.1:" + member.getPort()),
				List.of(customizer))) {
			client.get("/k", 0);
			Metadata headers = received.poll(10, TimeUnit.SECONDS);
			assertThat(headers).isNotNull();
			assertThat(headers.get(TENANT)).isEqualTo("a");
			assertThat(headers.get(TRACE)).isEqualTo("7");
		}
		finally {
			member.shutdownNow();
		}
	}

	@Test
	void memberIsCalledByTheNameInTheEndpointUnlessACustomizerSaysOtherwise() throws Exception {
		BlockingQueue<String> authorities = new LinkedBlockingQueue<>();
		Server member = member().fallbackHandlerRegistry(new Authorities(authorities)).build().start();
		String endpoint = "localhost:" + member.getPort();
		try (EtcdClient client = new JetcdEtcdClient(TestClients.options(endpoint), List.of());
				EtcdClient customized = new JetcdEtcdClient(TestClients.options(endpoint),
						List.of((builder) -> builder.authority("etcd.example")))) {
			client.get("/k", 0);
			assertThat(authorities.poll(10, TimeUnit.SECONDS)).isEqualTo(endpoint);
			client.close();
			authorities.clear();
			customized.get("/k", 0);
			assertThat(authorities.poll(10, TimeUnit.SECONDS)).isEqualTo("etcd.example");
		}
		finally {
			member.shutdownNow();
		}
	}

	@Test
	void connectionThatIsClosedLeavesTheMemberAtOnce() throws Exception {
		CountDownLatch gone = new CountDownLatch(1);
		Server member = member().addTransportFilter(new ServerTransportFilter() {

			@Override
			public void transportTerminated(Attributes attributes) {
				gone.countDown();
			}

		}).build().start();
		try (JetcdClientFactory factory = new JetcdClientFactory(List.of(), this.executor, "leaving")) {
			MemberConnection connection = factory.create(TestClients.options("127.0.0.1:" + member.getPort()),
					new MemberAddress(EtcdEndpoint.parse("127.0.0.1:" + member.getPort(), false),
							InetAddress.getLoopbackAddress(), member.getPort()));
			assertThat(MemberConnection.ping(connection.client())).failsWithin(Duration.ofSeconds(10));
			assertThat(gone.getCount()).as("connections that are open").isOne();
			connection.close();
			assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
		}
		finally {
			member.shutdownNow();
		}
	}

	@Test
	void pageOfSixMegabytesIsReadAtOnce() {
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
				EtcdEyes eyes = new EtcdEyes(etcd.endpoint());
				EtcdClient client = TestClients.connect(etcd.endpoint())) {
			for (int i = 0; i < 5; i++) {
				eyes.put("/large/" + i, "x".repeat(1_200_000));
			}
			List<Integer> pages = new CopyOnWriteArrayList<>();
			assertThat(client.list("/large/", (page) -> pages.add(page.size()))).succeedsWithin(Duration.ofSeconds(20));
			assertThat(pages).containsExactly(5);
		}
	}

	@Test
	void oneThreadServesTheNetworkUntilTheClientIsClosed() {
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest())) {
			try (JetcdEtcdClient client = new JetcdEtcdClient(TestClients.options(etcd.endpoint()), List.of(),
					"network-test")) {
				assertThat(client.get("/k", 0)).succeedsWithin(Duration.ofSeconds(20));
				client.reconnect(TestClients.options(etcd.endpoint()));
				assertThat(client.get("/k", 0)).succeedsWithin(Duration.ofSeconds(20));
				assertThat(threads("network-test-network")).hasSize(1)
					.allSatisfy((thread) -> assertThat(thread.isDaemon()).isTrue());
			}
			await().atMost(Duration.ofSeconds(10)).until(() -> threads("network-test-network").isEmpty());
		}
	}

	@Test
	void eventsComeOnTheNetworkThreadAndAnswersOnAnother() {
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
				EtcdClient client = new JetcdEtcdClient(TestClients.options(etcd.endpoint()), List.of(), "threads")) {
			CompletableFuture<String> created = new CompletableFuture<>();
			CompletableFuture<String> page = new CompletableFuture<>();
			EtcdClient.Watch watch = client.watch("/k", true, 1, new WatchListener() {

				@Override
				public void onCreated(long revision) {
					created.complete(Thread.currentThread().getName());
				}

				@Override
				public void onEvents(List<WatchEvent> events) {
				}

				@Override
				public void onEnd(EtcdException cause) {
					created.completeExceptionally(cause);
				}

			});
			client.list("/", (entries) -> page.complete(Thread.currentThread().getName()));
			assertThat(created).succeedsWithin(Duration.ofSeconds(20)).isEqualTo("threads-network");
			assertThat(page).succeedsWithin(Duration.ofSeconds(20)).asString().matches("threads-[12]");
			watch.close();
		}
	}

	/** A failed start closes the client while it connects. */
	@Test
	void clientThatIsClosedWhileItConnectsLogsNoError(CapturedOutput output) throws Exception {
		try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
			for (int i = 0; i < 10; i++) {
				JetcdEtcdClient client = new JetcdEtcdClient(TestClients.options("127.0.0.1:" + silent.getLocalPort()),
						List.of(), "closing-" + i);
				client.get("/k", 0);
				silent.accept();
				client.close();
			}
		}
		await().atMost(Duration.ofSeconds(10))
			.until(() -> Thread.getAllStackTraces()
				.keySet()
				.stream()
				.noneMatch((thread) -> thread.getName().matches("closing-.*-(connection|network)")));
		assertThat(output).doesNotContain("RejectedExecutionException", " ERROR ");
	}

	@Test
	void nothingConnectsAfterItWasClosed() {
		JetcdClientFactory factory = new JetcdClientFactory(List.of(), this.executor, "closed");
		factory.close();
		MemberAddress member = new MemberAddress(EtcdEndpoint.parse("127.0.0.1:2379", false),
				InetAddress.getLoopbackAddress(), 2379);
		assertThatExceptionOfType(EtcdException.class)
			.isThrownBy(() -> factory.create(TestClients.options("127.0.0.1:2379"), member))
			.satisfies((ex) -> assertThat(ex.reason()).isEqualTo(Reason.FATAL))
			.withMessageContaining("is closed");
		assertThat(threads("closed-network")).isEmpty();
	}

	private static NettyServerBuilder member() {
		return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
	}

	private static Set<Thread> threads(String name) {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().equals(name))
			.collect(Collectors.toSet());
	}

	/**
	 * Notes the headers of each call, whatever the method.
	 */
	private static final class HeaderRecorder extends ServerStreamTracer.Factory {

		private final BlockingQueue<Metadata> received;

		HeaderRecorder(BlockingQueue<Metadata> received) {
			this.received = received;
		}

		@Override
		public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
			this.received.add(headers);
			return new ServerStreamTracer() {
			};
		}

	}

	/**
	 * Knows no method, but notes by which name the member is called.
	 */
	private static final class Authorities extends HandlerRegistry {

		private final BlockingQueue<String> authorities;

		Authorities(BlockingQueue<String> authorities) {
			this.authorities = authorities;
		}

		@Override
		public ServerMethodDefinition<?, ?> lookupMethod(String method, String authority) {
			this.authorities.add(authority);
			return null;
		}

	}

}
