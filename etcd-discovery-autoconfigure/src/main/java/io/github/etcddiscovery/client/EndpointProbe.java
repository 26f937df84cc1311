package io.github.etcddiscovery.client;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.List;

import io.github.etcddiscovery.client.EtcdException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether anybody listens at one of several endpoints. Far cheaper than a
 * client of etcd, so it can be asked several times a second.
 */
final class EndpointProbe {

	/**
	 * Endpoints are tried all at once, so one that drops packets costs no more than this.
	 */
	private static final Duration TIMEOUT = Duration.ofMillis(500);

	private EndpointProbe() {
	}

	/**
	 * Tries to connect to all endpoints at once. Blocks until one accepts or all have
	 * failed, but not for long.
	 * @param endpoints the endpoints
	 * @return {@code null} if one accepts, else how the last one failed
	 */
	static @Nullable EtcdException findListening(List<EtcdEndpoint> endpoints) {
		EtcdException failure = failed(endpoints, "no connection within " + TIMEOUT.toMillis() + " ms", null);
		try (Selector selector = Selector.open()) {
			try {
				for (EtcdEndpoint endpoint : endpoints) {
					try {
						if (connect(endpoint, selector)) {
							return null;
						}
					}
					catch (IOException ex) {
						failure = failed(List.of(endpoint), String.valueOf(ex.getMessage()), ex);
					}
				}
				long deadline = System.nanoTime() + TIMEOUT.toNanos();
				while (!selector.keys().isEmpty() && System.nanoTime() < deadline) {
					selector.select(Math.max(1, Duration.ofNanos(deadline - System.nanoTime()).toMillis()));
					for (SelectionKey key : selector.selectedKeys()) {
						EtcdException outcome = finish(key);
						if (outcome == null) {
							return null;
						}
						failure = outcome;
					}
					selector.selectedKeys().clear();
					selector.selectNow();
				}
			}
			finally {
				for (SelectionKey key : selector.keys()) {
					key.channel().close();
				}
			}
		}
		catch (IOException ex) {
			return failed(endpoints, String.valueOf(ex.getMessage()), ex);
		}
		return failure;
	}

	private static boolean connect(EtcdEndpoint endpoint, Selector selector) throws IOException {
		SocketChannel channel = SocketChannel.open();
		try {
			channel.configureBlocking(false);
			channel.register(selector, SelectionKey.OP_CONNECT, endpoint);
			String host = endpoint.host().replaceAll("[\\[\\]]", "");
			return channel.connect(new InetSocketAddress(host, endpoint.port()));
		}
		catch (UnresolvedAddressException ex) {
			channel.close();
			throw new UnknownHostException("the host is not known");
		}
		catch (IOException ex) {
			channel.close();
			throw ex;
		}
	}

	private static @Nullable EtcdException finish(SelectionKey key) throws IOException {
		SocketChannel channel = (SocketChannel) key.channel();
		try {
			channel.finishConnect();
			return null;
		}
		catch (IOException ex) {
			return failed(List.of((EtcdEndpoint) key.attachment()), String.valueOf(ex.getMessage()), ex);
		}
		finally {
			channel.close();
		}
	}

	private static EtcdException failed(List<EtcdEndpoint> endpoints, String reason, @Nullable Throwable cause) {
		return new EtcdException(Reason.UNAVAILABLE, endpoints + ": " + reason, cause);
	}

}
