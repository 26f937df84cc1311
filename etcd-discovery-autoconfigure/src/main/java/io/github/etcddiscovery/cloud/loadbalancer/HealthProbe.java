package io.github.etcddiscovery.cloud.loadbalancer;

import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import reactor.core.publisher.Mono;

/**
 * Asks whether an instance is well. A bean of this type replaces the one that sends a GET
 * with the JDK's client and expects 200. That one honours Spring Boot's settings of HTTP
 * clients. A probe that sends credentials sends them to every registered address.
 */
@FunctionalInterface
public interface HealthProbe {

	/**
	 * Asks.
	 * @param uri where to ask
	 * @return whether it is well; may fail instead of saying that it is not; must not
	 * block
	 */
	Mono<Boolean> isWell(URI uri);

	/**
	 * Creates the one that is used where there is no bean.
	 * @return a probe over the JDK's client with its defaults, on {@link #executor()}
	 */
	static HealthProbe overHttp() {
		return over(HttpClient.newBuilder().executor(executor()).build());
	}

	/**
	 * Creates a probe that expects status 200 to a GET.
	 * @param client sends the requests
	 * @return the probe
	 */
	static HealthProbe over(HttpClient client) {
		return (uri) -> HostNames.lookUp(uri.getHost())
			.then(Mono.fromFuture(() -> client.sendAsync(HttpRequest.newBuilder(uri).build(),
					HttpResponse.BodyHandlers.discarding())))
			.map((response) -> response.statusCode() == HttpURLConnection.HTTP_OK);
	}

	/**
	 * Creates threads for a client. The JDK's client by itself takes as many as there are
	 * connections that have something to do.
	 * @return eight daemons, which end when they have had nothing to do for ten seconds
	 */
	static Executor executor() {
		AtomicInteger number = new AtomicInteger();
		ThreadPoolExecutor executor = new ThreadPoolExecutor(8, 8, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
				(task) -> {
					Thread thread = new Thread(task, "etcd-health-checks-" + number.incrementAndGet());
					thread.setDaemon(true);
					return thread;
				});
		executor.allowCoreThreadTimeOut(true);
		return executor;
	}

}
