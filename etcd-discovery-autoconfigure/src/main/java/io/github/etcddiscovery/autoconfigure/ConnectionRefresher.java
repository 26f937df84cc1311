package io.github.etcddiscovery.autoconfigure;

import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.ApplicationListener;

/**
 * Has the connection follow a refresh.
 */
final class ConnectionRefresher implements ApplicationListener<EnvironmentChangeEvent> {

	private final ConnectionUpdater updater;

	ConnectionRefresher(ConnectionUpdater updater) {
		this.updater = updater;
	}

	@Override
	public void onApplicationEvent(EnvironmentChangeEvent event) {
		this.updater.refresh();
	}

}
