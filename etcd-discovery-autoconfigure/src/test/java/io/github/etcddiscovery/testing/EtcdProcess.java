package io.github.etcddiscovery.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import org.awaitility.Awaitility;

import org.springframework.util.FileSystemUtils;

/**
 * A real, single-node etcd on free loopback ports, with a data directory of its own.
 */
public final class EtcdProcess implements AutoCloseable {

	private static final Duration START_TIMEOUT = Duration.ofSeconds(20);

	private final EtcdBinary binary;

	private final Path folder;

	private final int clientPort;

	private final int peerPort;

	private final TestCertificates certificates;

	private Process process;

	private EtcdProcess(EtcdBinary binary, Path folder, TestCertificates certificates) {
		this.binary = binary;
		this.folder = folder;
		this.certificates = certificates;
		this.clientPort = freePort();
		this.peerPort = freePort();
		this.process = launch();
	}

	/** Starts one and waits until it serves. */
	public static EtcdProcess start(EtcdBinary binary) {
		return start(binary, null);
	}

	/** Starts one that speaks TLS and asks its clients for a certificate. */
	public static EtcdProcess start(EtcdBinary binary, TestCertificates certificates) {
		try {
			EtcdProcess etcd = new EtcdProcess(binary, Files.createTempDirectory("etcd-test-"), certificates);
			etcd.awaitServing();
			return etcd;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	public String endpoint() {
		return ((this.certificates != null) ? "https" : "http") + "://127.0.0.1:" + this.clientPort;
	}

	/** Kills it, as kill -9 does. */
	public void kill() {
		this.process.destroyForcibly();
		await(this.process);
	}

	/**
	 * Starts it again on the same ports, after {@link #kill()}, and waits until it
	 * serves.
	 */
	public void startAgain() {
		this.process = launch();
		awaitServing();
	}

	/**
	 * Starts it over the same data but where its clients do not find it, between
	 * {@link #kill()} and {@link #startAgain()}. To be killed before the latter.
	 */
	public EtcdProcess onOtherPorts() {
		EtcdProcess other = new EtcdProcess(this.binary, this.folder, this.certificates);
		other.awaitServing();
		return other;
	}

	/** Deletes all it knows; only between {@link #kill()} and {@link #startAgain()}. */
	public void wipe() {
		delete(this.folder.resolve("data"));
	}

	/**
	 * Stops it from running without ending it: it hangs, and its connections stay open.
	 */
	public void freeze() {
		signal("-STOP");
	}

	/** Lets it run on after {@link #freeze()}. */
	public void thaw() {
		signal("-CONT");
	}

	@Override
	public void close() {
		kill();
		delete(this.folder);
	}

	private Process launch() {
		String client = endpoint();
		String peer = "http://127.0.0.1:" + this.peerPort;
		List<String> command = new ArrayList<>(List.of(this.binary.path().toString(), "--name", "test", "--data-dir",
				this.folder.resolve("data").toString(), "--listen-client-urls", client, "--advertise-client-urls",
				client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster",
				"test=" + peer, "--logger", "zap", "--log-level", "error"));
		if (this.certificates != null) {
			command
				.addAll(List.of("--cert-file", this.certificates.certificate(), "--key-file", this.certificates.key(),
						"--trusted-ca-file", this.certificates.certificate(), "--client-cert-auth"));
		}
		try {
			return new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.appendTo(this.folder.resolve("log").toFile()))
				.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void awaitServing() {
		Awaitility.await("start of " + this.binary)
			.atMost(START_TIMEOUT)
			.pollInterval(Duration.ofMillis(20))
			.ignoreExceptions()
			.until(() -> (this.certificates != null) ? listens() : isHealthy());
	}

	private boolean isHealthy() throws IOException {
		HttpURLConnection health = (HttpURLConnection) URI.create(endpoint() + "/health").toURL().openConnection();
		return health.getResponseCode() == HttpURLConnection.HTTP_OK;
	}

	private boolean listens() throws IOException {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), this.clientPort)) {
			return socket.isConnected();
		}
	}

	private void signal(String signal) {
		try {
			await(new ProcessBuilder("kill", signal, String.valueOf(this.process.pid())).start());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void await(Process process) {
		try {
			if (!process.waitFor(10, TimeUnit.SECONDS)) {
				throw new IllegalStateException("Process " + process.pid() + " does not end");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private static void delete(Path path) {
		try {
			FileSystemUtils.deleteRecursively(path);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * A port that is free now, below those that outgoing connections get: an etcd that is
	 * started again has to find its port free still.
	 */
	public static int freePort() {
		for (int attempt = 0; attempt < 100; attempt++) {
			int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
			try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
				return socket.getLocalPort();
			}
			catch (IOException ex) {
				// Taken: the next one.
			}
		}
		throw new IllegalStateException("No free port between 20000 and 32000");
	}

}
