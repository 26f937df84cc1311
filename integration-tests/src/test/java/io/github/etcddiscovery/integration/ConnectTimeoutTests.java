package io.github.etcddiscovery.integration;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.netty.channel.ChannelOption;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.util.Timeout;
import org.junit.jupiter.api.Test;
import reactor.netty.http.client.HttpClient;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.HttpComponentsClientHttpRequestFactory;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An instance that does not even accept connections, as when its machine is gone: what
 * cannot be sent to it is sent to another, a POST too.
 */
@RequiresEtcd
class ConnectTimeoutTests extends EtcdApplicationTests {

	private static final String PORT = "http://stock/post";

	private static final int CONNECT_MILLIS = 300;

	ConnectTimeoutTests() {
		super(EtcdBinary.newest());
	}

	@Test
	void postIsRepeatedOnAnotherInstanceWhateverTheClientIs() throws IOException {
		ConfigurableApplicationContext alive = Stock.start(this.applications);
		try (Unreachable unreachable = new Unreachable()) {
			this.eyes.put("/services/stock/unreachable",
					"{\"host\":\"127.0.0.1\",\"port\":%d}".formatted(unreachable.port()));
			ConfigurableApplicationContext caller = Stock.start(this.applications, Application.class, "caller",
					"spring.main.web-application-type=none", "spring.cloud.loadbalancer.retry.enabled=true");
			RestTemplate apache = caller.getBean(RestTemplate.class);
			RestClient jdk = caller.getBean(RestClient.Builder.class).build();
			WebClient netty = caller.getBean(WebClient.Builder.class).build();
			for (int i = 0; i < 2; i++) {
				assertThat(apache.postForObject(PORT, null, String.class)).isEqualTo(Stock.port(alive));
				assertThat(jdk.post().uri(PORT).retrieve().body(String.class)).isEqualTo(Stock.port(alive));
				assertThat(netty.post().uri(PORT).retrieve().bodyToMono(String.class).block())
					.isEqualTo(Stock.port(alive));
			}
		}
	}

	/**
	 * A server whose queue of connections is full.
	 */
	private static final class Unreachable implements AutoCloseable {

		private static final int MOST = 16;

		private final ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());

		private final List<Socket> queue = new ArrayList<>();

		Unreachable() throws IOException {
			try {
				while (this.queue.size() < MOST) {
					Socket socket = new Socket();
					this.queue.add(socket);
					socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()), CONNECT_MILLIS);
				}
			}
			catch (SocketTimeoutException ex) {
				return;
			}
			throw new IllegalStateException("It still accepts connections");
		}

		int port() {
			return this.server.getLocalPort();
		}

		@Override
		public void close() throws IOException {
			for (Socket socket : this.queue) {
				socket.close();
			}
			this.server.close();
		}

	}

	/**
	 * An application that calls over Apache's client, the JDK's and Netty's.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		@LoadBalanced
		RestTemplate restTemplate() {
			ConnectionConfig timeout = ConnectionConfig.custom()
				.setConnectTimeout(Timeout.ofMilliseconds(CONNECT_MILLIS))
				.build();
			return new RestTemplate(new HttpComponentsClientHttpRequestFactory(HttpClients.custom()
				.setConnectionManager(
						PoolingHttpClientConnectionManagerBuilder.create().setDefaultConnectionConfig(timeout).build())
				.build()));
		}

		@Bean
		@LoadBalanced
		RestClient.Builder restClientBuilder() {
			return RestClient.builder()
				.requestFactory(new JdkClientHttpRequestFactory(java.net.http.HttpClient.newBuilder()
					.connectTimeout(Duration.ofMillis(CONNECT_MILLIS))
					.build()));
		}

		@Bean
		@LoadBalanced
		WebClient.Builder webClientBuilder() {
			return WebClient.builder()
				.clientConnector(new ReactorClientHttpConnector(
						HttpClient.create().option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)));
		}

	}

}
