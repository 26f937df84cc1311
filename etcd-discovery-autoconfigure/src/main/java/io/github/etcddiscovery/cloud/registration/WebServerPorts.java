package io.github.etcddiscovery.cloud.registration;

import io.github.etcddiscovery.Internal;

import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;

/**
 * The ports of Spring Boot's web servers, servlet and reactive. The property
 * {@code local.server.port} would not do: Spring Boot copies it to all parents, from
 * which later children inherit it.
 */
@Internal
public final class WebServerPorts implements BoundPorts, ApplicationListener<WebServerInitializedEvent> {

	private static final String MANAGEMENT = "management";

	private final ApplicationContext context;

	private volatile int server;

	private volatile int management;

	/**
	 * Creates it, before the servers start.
	 * @param context whose servers count
	 */
	public WebServerPorts(ApplicationContext context) {
		this.context = context;
	}

	@Override
	public void onApplicationEvent(WebServerInitializedEvent event) {
		WebServerApplicationContext started = event.getApplicationContext();
		if (started == this.context) {
			this.server = port(event);
		}
		else if (MANAGEMENT.equals(started.getServerNamespace()) && started.getParent() == this.context) {
			this.management = port(event);
		}
	}

	/** With {@code server.port=-1} the server exists, but listens on no port. */
	private static int port(WebServerInitializedEvent event) {
		return Math.max(event.getWebServer().getPort(), 0);
	}

	@Override
	public int server() {
		return this.server;
	}

	@Override
	public int management() {
		return this.management;
	}

	/** Spring Boot starts no server when the application is deployed as a WAR. */
	@Override
	public boolean isInExternalContainer() {
		return this.context instanceof WebServerApplicationContext deployed && deployed.getWebServer() == null;
	}

}
