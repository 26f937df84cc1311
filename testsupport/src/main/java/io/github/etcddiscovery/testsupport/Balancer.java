package io.github.etcddiscovery.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.awaitility.Awaitility;

import org.springframework.util.FileSystemUtils;

/**
 * A real load balancer in front of a server, on a free loopback port, which closes a
 * connection or a stream on which nothing is sent for some time.
 */
public final class Balancer implements AutoCloseable {

	private final int port = LoopbackPorts.next();

	private final Path folder;

	private final Process process;

	private Balancer(Kind kind, String target, Duration idle) {
		try {
			this.folder = Files.createTempDirectory("balancer-");
			Path configuration = this.folder.resolve("balancer.conf");
			Files.writeString(configuration, kind.configuration.formatted(this.port,
					target.substring(target.indexOf("//") + 2), idle.toMillis(), this.folder));
			this.process = new ProcessBuilder(kind.command(configuration)).redirectErrorStream(true)
				.redirectOutput(this.folder.resolve("log").toFile())
				.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		Runtime.getRuntime().addShutdownHook(new Thread(this.process::destroyForcibly));
	}

	/**
	 * Starts a balancer, and waits until it listens.
	 * @param kind program and protocol
	 * @param target the URL of the server
	 * @param idle after how long without traffic it closes
	 */
	public static Balancer start(Kind kind, String target, Duration idle) {
		Balancer balancer = new Balancer(kind, target, idle);
		Awaitility.await("start of " + kind)
			.atMost(Duration.ofSeconds(20))
			.failFast("it ended, as its log says in " + balancer.folder, () -> !balancer.process.isAlive())
			.until(() -> LoopbackPorts.listens(balancer.port));
		return balancer;
	}

	public String endpoint() {
		return "http://127.0.0.1:" + this.port;
	}

	@Override
	public void close() {
		this.process.destroy();
		Programs.awaitEnd(this.process);
		try {
			FileSystemUtils.deleteRecursively(this.folder);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Program and protocol of a balancer.
	 */
	public enum Kind {

		/** HAProxy, TCP connections. */
		HAPROXY("""
				defaults
					mode tcp
					timeout connect 5s
					timeout client %3$dms
					timeout server %3$dms
				listen etcd
					bind 127.0.0.1:%1$d
					server etcd %2$s
				""") {
			@Override
			List<String> command(Path configuration) {
				return List.of("haproxy", "-db", "-f", configuration.toString());
			}
		},

		/** nginx, TCP connections. */
		NGINX_STREAM("""
				daemon off;
				pid %4$s/pid;
				error_log stderr;
				events {}
				stream {
					server {
						listen 127.0.0.1:%1$d;
						proxy_pass %2$s;
						proxy_timeout %3$dms;
					}
				}
				"""),

		/** nginx, gRPC calls. */
		NGINX_GRPC("""
				daemon off;
				pid %4$s/pid;
				error_log stderr;
				events {}
				http {
					access_log off;
					client_body_temp_path %4$s/body;
					proxy_temp_path %4$s/proxy;
					fastcgi_temp_path %4$s/fastcgi;
					uwsgi_temp_path %4$s/uwsgi;
					scgi_temp_path %4$s/scgi;
					server {
						listen 127.0.0.1:%1$d http2;
						location / {
							grpc_pass grpc://%2$s;
							grpc_read_timeout %3$dms;
							grpc_send_timeout %3$dms;
						}
					}
				}
				""");

		private final String configuration;

		Kind(String configuration) {
			this.configuration = configuration;
		}

		List<String> command(Path configuration) {
			return List.of("nginx", "-e", "stderr", "-p", configuration.getParent().toString(), "-c",
					configuration.toString());
		}

	}

}
