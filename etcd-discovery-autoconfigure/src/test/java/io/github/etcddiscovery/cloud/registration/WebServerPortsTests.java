package io.github.etcddiscovery.cloud.registration;

import org.junit.jupiter.api.Test;

import org.springframework.boot.web.server.WebServer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link WebServerPorts}.
 */
class WebServerPortsTests {

	private final WebServerApplicationContext own = mock(WebServerApplicationContext.class);

	private final WebServerPorts ports = new WebServerPorts(this.own);

	private void started(WebServerApplicationContext context, int port) {
		WebServer server = mock(WebServer.class);
		given(server.getPort()).willReturn(port);
		WebServerInitializedEvent event = mock(WebServerInitializedEvent.class);
		given(event.getApplicationContext()).willReturn(context);
		given(event.getWebServer()).willReturn(server);
		this.ports.onApplicationEvent(event);
	}

	private static WebServerApplicationContext child(String namespace, ApplicationContext parent) {
		WebServerApplicationContext child = mock(WebServerApplicationContext.class);
		given(child.getServerNamespace()).willReturn(namespace);
		given(child.getParent()).willReturn(parent);
		return child;
	}

	@Test
	void portIsThatOfTheOwnServer() {
		started(this.own, 8080);
		assertThat(this.ports.server()).isEqualTo(8080);
		assertThat(this.ports.management()).isZero();
	}

	@Test
	void serverThatListensOnNoPortIsNone() {
		started(this.own, -1);
		assertThat(this.ports.server()).isZero();
	}

	@Test
	void managementServerIsTheChildOfThatName() {
		started(child("management", this.own), 8081);
		started(child("other", this.own), 8082);
		started(child("management", mock(ApplicationContext.class)), 8083);
		assertThat(this.ports.management()).isEqualTo(8081);
		assertThat(this.ports.server()).isZero();
	}

	@Test
	void contextOfAWebApplicationWithoutAServerIsInAContainer() {
		assertThat(this.ports.isInExternalContainer()).isTrue();
		given(this.own.getWebServer()).willReturn(mock(WebServer.class));
		assertThat(this.ports.isInExternalContainer()).isFalse();
		assertThat(new WebServerPorts(mock(ApplicationContext.class)).isInExternalContainer()).isFalse();
	}

}
