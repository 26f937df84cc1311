package io.github.etcddiscovery.cloud;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.util.ArrayList;
import java.util.List;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeReference;
import org.springframework.util.ClassUtils;
import org.springframework.util.ExceptionTypeFilter;

/**
 * Tells requests that no instance can have received from those that may have been. The
 * former may be sent again whatever they do, and without adding to anybody's load. A
 * client that follows redirects by itself hides where it could not connect to: an
 * instance may have received what it redirected. Of {@code HttpURLConnection} a
 * connection that takes too long cannot be told from an answer that does.
 */
@Internal
public final class UnsentRequests {

	/** Unlike Netty's, which is the JDK's, a subclass of what a slow answer gives. */
	private static final String APACHE_CONNECT_TIMEOUT = "org.apache.hc.client5.http.ConnectTimeoutException";

	private static final ExceptionTypeFilter WITHOUT_CONNECTION = new ExceptionTypeFilter(withoutConnection(),
			List.of());

	private UnsentRequests() {
	}

	private static List<Class<? extends Throwable>> withoutConnection() {
		List<Class<? extends Throwable>> types = new ArrayList<>(List.of(ConnectException.class,
				NoRouteToHostException.class, UnknownHostException.class, HttpConnectTimeoutException.class));
		ClassLoader loader = UnsentRequests.class.getClassLoader();
		if (ClassUtils.isPresent(APACHE_CONNECT_TIMEOUT, loader)) {
			types.add(ClassUtils.resolveClassName(APACHE_CONNECT_TIMEOUT, loader).asSubclass(Throwable.class));
		}
		return types;
	}

	/**
	 * Whether a request failed because there was no connection to send it over.
	 * @param failure why the request failed
	 * @return whether the failure, or one of its causes, is a failed connection
	 */
	public static boolean isUnsent(@Nullable Throwable failure) {
		return failure != null && WITHOUT_CONNECTION.match(failure, true);
	}

	/**
	 * Whether the chosen instance itself accepted no connection. Deeper causes do not
	 * count: an interceptor may have failed to connect to another server, for example to
	 * one that issues tokens.
	 * @param failure why the request failed
	 * @return whether the failure, or its direct cause, is a failed connection
	 */
	public static boolean isConnectFailure(@Nullable Throwable failure) {
		return failure != null && (WITHOUT_CONNECTION.match(failure)
				|| (failure.getCause() != null && WITHOUT_CONNECTION.match(failure.getCause())));
	}

	/**
	 * So that a native image has what is looked for by its name.
	 */
	static final class Hints implements RuntimeHintsRegistrar {

		@Override
		public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
			hints.reflection().registerType(TypeReference.of(APACHE_CONNECT_TIMEOUT));
		}

	}

}
