package io.github.etcddiscovery.integration;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.boot.jetty.servlet.JettyServletWebServerFactory;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What a caller that keeps its connection open is told by an instance that leaves.
 */
@RequiresEtcd
class DrainingTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final String STOCK = "/services/stock/";

	DrainingTests() {
		super(EtcdBinary.newest());
	}

	@ParameterizedTest
	@EnumSource
	void connectionEndsWithTheFirstResponseAfterDeregistering(Server server) throws Exception {
		ConfigurableApplicationContext stock = start(server);
		String port = Stock.port(stock);
		try (Connection connection = new Connection(TestApplications.port(stock))) {
			assertThat(connection.get()).endsWith(port).noneMatch((line) -> line.startsWith("connection: close"));
			assertThat(connection.get()).as("on the same connection").endsWith(port);
			CompletableFuture<Void> closing = CompletableFuture.runAsync(stock::close);
			await().atMost(SOON).until(() -> this.eyes.all(STOCK).isEmpty());
			assertThat(closing).as("while it drains").isNotDone();
			assertThat(connection.get()).endsWith(port).contains("connection: close");
			assertThat(connection.isEnded()).isTrue();
			closing.get(SOON.toSeconds(), TimeUnit.SECONDS);
		}
	}

	@ParameterizedTest
	@EnumSource
	void responseToARequestFromBeforeEndsItsConnectionToo(Server server) throws Exception {
		ConfigurableApplicationContext stock = start(server);
		try (Connection connection = new Connection(TestApplications.port(stock))) {
			Late late = stock.getBean(Late.class);
			connection.send("/late");
			await().atMost(SOON).until(() -> late.answer.currentSubscriberCount() == 1);
			CompletableFuture<Void> closing = CompletableFuture.runAsync(stock::close);
			await().atMost(SOON).until(() -> this.eyes.all(STOCK).isEmpty());
			late.answer.tryEmitValue("late").orThrow();
			assertThat(connection.receive()).endsWith("late").contains("connection: close");
			assertThat(connection.isEnded()).isTrue();
			closing.get(SOON.toSeconds(), TimeUnit.SECONDS);
		}
	}

	@ParameterizedTest
	@EnumSource
	void connectionsOfAnInstanceThatIsStartedAgainAreKept(Server server) throws Exception {
		ConfigurableApplicationContext stock = start(server);
		stock.stop();
		stock.start();
		await().atMost(SOON).until(() -> this.eyes.all(STOCK).size() == 1);
		try (Connection connection = new Connection(TestApplications.port(stock))) {
			String port = Stock.port(stock);
			assertThat(connection.get()).noneMatch((line) -> line.startsWith("connection: close"));
			assertThat(connection.get()).hasSizeGreaterThan(1).doesNotContain("connection: close");
			assertThat(port).isNotEqualTo("0");
		}
	}

	private ConfigurableApplicationContext start(Server server) {
		return Stock.start(this.applications, server.application, "stock", "spring.cloud.etcd.discovery.drain=2s",
				"spring.main.web-application-type=" + server.type,
				"spring.autoconfigure.exclude=" + ((server == Server.NETTY) ? GatewayTests.SERVLET_GATEWAY : ""));
	}

	/**
	 * What serves.
	 */
	enum Server {

		TOMCAT(Tomcat.class, "servlet"), JETTY(Jetty.class, "servlet"), NETTY(Netty.class, "reactive");

		private final Class<?> application;

		private final String type;

		Server(Class<?> application, String type) {
			this.application = application;
			this.type = type;
		}

	}

	/** Answers when it is told to. */
	@RestController
	static class Late {

		private final Sinks.One<String> answer = Sinks.one();

		@GetMapping("/late")
		Mono<String> late() {
			return this.answer.asMono();
		}

	}

	/** An instance on Tomcat. */
	@Configuration(proxyBeanMethods = false)
	@Import({ Stock.Application.class, Late.class })
	static class Tomcat {

		@Bean
		TomcatServletWebServerFactory server() {
			return new TomcatServletWebServerFactory();
		}

	}

	/** An instance on Jetty. */
	@Configuration(proxyBeanMethods = false)
	@Import({ Stock.Application.class, Late.class })
	static class Jetty {

		@Bean
		JettyServletWebServerFactory server() {
			return new JettyServletWebServerFactory();
		}

	}

	/** An instance on Reactor Netty. */
	@Configuration(proxyBeanMethods = false)
	@Import({ Stock.Application.class, Late.class })
	static class Netty {

		@Bean
		NettyReactiveWebServerFactory server() {
			return new NettyReactiveWebServerFactory();
		}

	}

	/**
	 * One connection, over which one request after the other is sent.
	 */
	private static final class Connection implements AutoCloseable {

		private final Socket socket;

		private final BufferedReader in;

		Connection(int port) throws IOException {
			this.socket = new Socket(InetAddress.getLoopbackAddress(), port);
			this.socket.setSoTimeout((int) SOON.toMillis());
			this.in = new BufferedReader(
					new InputStreamReader(this.socket.getInputStream(), StandardCharsets.ISO_8859_1));
		}

		/** Asks for the port, and returns the lines of the answer in lower case. */
		List<String> get() throws IOException {
			send("/port");
			return receive();
		}

		void send(String path) throws IOException {
			this.socket.getOutputStream()
				.write(("GET " + path + " HTTP/1.1\r\nHost: stock\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
		}

		/** Returns the lines of the next answer in lower case. */
		List<String> receive() throws IOException {
			List<String> lines = new ArrayList<>();
			int length = 0;
			for (String line = this.in.readLine(); line != null && !line.isEmpty(); line = this.in.readLine()) {
				lines.add(line.toLowerCase(Locale.ROOT));
				if (line.toLowerCase(Locale.ROOT).startsWith("content-length: ")) {
					length = Integer.parseInt(line.substring("content-length: ".length()));
				}
			}
			char[] body = new char[length];
			assertThat(this.in.read(body)).isEqualTo(length);
			lines.add(new String(body));
			return lines;
		}

		boolean isEnded() throws IOException {
			return this.in.read() == -1;
		}

		@Override
		public void close() throws IOException {
			this.socket.close();
		}

	}

}
