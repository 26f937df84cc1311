package io.github.etcddiscovery.autoconfigure;

import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.ApplicationListener;

/**
 * Has connections follow a refresh.
 */
final class ConnectionRefresher implements ApplicationListener<EnvironmentChangeEvent> {

	private final Runnable refresh;

	ConnectionRefresher(Runnable refresh) {
		this.refresh = refresh;
	}

	@Override
	public void onApplicationEvent(EnvironmentChangeEvent event) {
		this.refresh.run();
	}

}
