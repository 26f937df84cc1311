package io.github.etcddiscovery.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

import org.springframework.boot.web.server.ConfigurableWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * Lets any number of runs serve beside each other without being told where.
 */
@Component
class FirstFreePort implements WebServerFactoryCustomizer<ConfigurableWebServerFactory> {

	private static final int PORTS = 100;

	private final Environment environment;

	private final int first;

	FirstFreePort(Environment environment, SampleProperties properties) {
		this.environment = environment;
		this.first = properties.port();
	}

	@Override
	public void customize(ConfigurableWebServerFactory factory) {
		if (!this.environment.containsProperty("server.port")) {
			factory.setPort(firstFree());
		}
	}

	/** If none is, Spring Boot says that the first one is taken. */
	private int firstFree() {
		for (int port = this.first; port < Math.min(this.first + PORTS, 65_536); port++) {
			try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
				return socket.getLocalPort();
			}
			catch (IOException ex) {
				// Taken: the next one.
			}
		}
		return this.first;
	}

}
