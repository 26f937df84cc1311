package io.github.etcddiscovery.grpc;

import io.github.etcddiscovery.cloud.registration.EtcdAutoServiceRegistration;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link GrpcServerPorts}.
 */
class GrpcServerPortsTests {

	private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();

	private final GrpcServerPorts ports = new GrpcServerPorts(this.beans);

	private void server(String name, int port) {
		GrpcServerLifecycle server = mock(GrpcServerLifecycle.class);
		given(server.getPort()).willReturn(port);
		this.beans.registerSingleton(name, server);
	}

	@Test
	void withoutAServerThereIsNoPort() {
		assertThat(this.ports.hasGrpcServer()).isFalse();
		assertThat(this.ports.grpc()).isZero();
	}

	@Test
	void serverThatListensOnNoPortHasNone() {
		server("in-process", -1);
		assertThat(this.ports.hasGrpcServer()).isTrue();
		assertThat(this.ports.grpc()).isZero();
	}

	@Test
	void serverOnTheNetworkCountsBesideOneThatIsNot() {
		server("in-process", -1);
		server("network", 9090);
		assertThat(this.ports.grpc()).isEqualTo(9090);
	}

	@Test
	void serverOfAParentDoesNotCount() {
		server("network", 9090);
		DefaultListableBeanFactory child = new DefaultListableBeanFactory(this.beans);
		assertThat(new GrpcServerPorts(child).hasGrpcServer()).isFalse();
		assertThat(new GrpcServerPorts(child).grpc()).isZero();
	}

	@Test
	void registrationStopsBeforeTheServerOnWhichItDepends() {
		server("network", 9090);
		this.beans.registerBeanDefinition("registration", new RootBeanDefinition(EtcdAutoServiceRegistration.class));
		this.ports.afterSingletonsInstantiated();
		assertThat(this.beans.getDependentBeans("network")).containsExactly("registration");
	}

}
