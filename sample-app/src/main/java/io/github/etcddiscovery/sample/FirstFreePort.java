package io.github.etcddiscovery.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

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

	/** Kept, for the lock goes when it is collected. */
	private static FileChannel claimed;

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
			if (claim(port)) {
				return port;
			}
		}
		return this.first;
	}

	/**
	 * Between looking and serving pass seconds, in which another run may look too: a lock
	 * that is held as long as this process lives keeps it off.
	 */
	private static boolean claim(int port) {
		Path file = Path.of(System.getProperty("java.io.tmpdir"), "etcd-discovery-sample-" + port + ".lock");
		FileChannel channel = null;
		try {
			channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
			if (channel.tryLock() != null && isFree(port)) {
				claimed = channel;
				return true;
			}
		}
		catch (IOException | OverlappingFileLockException ex) {
			// Another run's, or another user's.
		}
		close(channel);
		return false;
	}

	private static void close(FileChannel channel) {
		try {
			if (channel != null) {
				channel.close();
			}
		}
		catch (IOException ex) {
			// It was not claimed anyway.
		}
	}

	private static boolean isFree(int port) {
		try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
			return socket.isBound();
		}
		catch (IOException ex) {
			return false;
		}
	}

}
