package io.github.etcddiscovery.client;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.doubles.TestClients;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerStreamTracer;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.MetadataUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests of {@link JetcdClientFactory}.
 */
@RequiresEtcd
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
		Server member = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
			.addStreamTracerFactory(new HeaderRecorder(received))
			.build()
			.start();
		EtcdClientBuilderCustomizer customizer = (builder) -> builder.header("tenant", "a")
			.interceptor(new AddedHeader(TRACE, "7"));
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
	 * Adds a header to each call.
	 */
	private record AddedHeader(Metadata.Key<String> name, String value) implements ClientInterceptor {

		@Override
		public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
			Metadata headers = new Metadata();
			headers.put(this.name, this.value);
			return MetadataUtils.newAttachHeadersInterceptor(headers).interceptCall(method, options, next);
		}

	}

}
