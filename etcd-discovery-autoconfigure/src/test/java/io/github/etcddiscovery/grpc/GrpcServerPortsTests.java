package io.github.etcddiscovery.grpc;

import java.util.List;
import java.util.function.UnaryOperator;

import io.github.etcddiscovery.cloud.registration.EtcdAutoServiceRegistration;
import io.github.etcddiscovery.instance.InvalidValueException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.grpc.server.GrpcServerFactory;
import org.springframework.grpc.server.InProcessGrpcServerFactory;
import org.springframework.grpc.server.NettyGrpcServerFactory;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link GrpcServerPorts}.
 */
class GrpcServerPortsTests {

	private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();

	private final GrpcServerPorts ports = ports(null);

	private GrpcServerPorts ports(@Nullable String advertised) {
		return new GrpcServerPorts(this.beans, advertised, UnaryOperator.identity());
	}

	private void server(String name, int port) {
		server(name, port, mock(NettyGrpcServerFactory.class));
	}

	private void inProcessServer() {
		server("in-process", -1, mock(InProcessGrpcServerFactory.class));
	}

	private void server(String name, int port, GrpcServerFactory factory) {
		GrpcServerLifecycle server = mock(GrpcServerLifecycle.class);
		given(server.getPort()).willReturn(port);
		given(server.getFactory()).willReturn(factory);
		this.beans.registerSingleton(name, server);
	}

	@Test
	void withoutAServerThereIsNoPort() {
		assertThat(this.ports.hasGrpcServer()).isFalse();
		assertThat(this.ports.grpc()).isZero();
	}

	@Test
	void inProcessServerIsLeftAlone() {
		inProcessServer();
		assertThat(this.ports.hasGrpcServer()).isFalse();
		assertThat(this.ports.grpc()).isZero();
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, -1 })
	void serverThatHasNotStartedHasNoPortYet(int port) {
		server("network", port);
		assertThat(this.ports.hasGrpcServer()).isTrue();
		assertThat(this.ports.grpc()).isZero();
		assertThat(ports("network").grpc()).isZero();
	}

	@Test
	void propertySaysWhichOfSeveralServersIsAdvertised() {
		server("admin", 9091);
		server("public", 9090);
		inProcessServer();
		assertThat(ports("public").grpc()).isEqualTo(9090);
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(this.ports::grpc)
			.withMessage(
					"Invalid gRPC server '': expected one of [admin, public], because the application has several gRPC"
							+ " servers");
	}

	@Test
	void guardDecidesHowAWrongNameIsReported() {
		server("public", 9090);
		GrpcServerPorts guarded = new GrpcServerPorts(this.beans, "publik", (port) -> () -> {
			assertThatExceptionOfType(InvalidValueException.class).isThrownBy(port::getAsInt);
			return 4711;
		});
		assertThat(guarded.grpc()).isEqualTo(4711);
	}

	@Test
	void propertyThatNamesNoServerOnTheNetworkIsRefused() {
		server("public", 9090);
		inProcessServer();
		for (String name : List.of("publik", "in-process")) {
			assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> ports(name).grpc())
				.withMessage(
						"Invalid gRPC server '%s': expected the bean name of a gRPC server on the network, one of [public]",
						name);
		}
	}

	@Test
	void serverOnTheNetworkCountsBesideOneThatIsNot() {
		inProcessServer();
		server("network", 9090);
		assertThat(this.ports.grpc()).isEqualTo(9090);
	}

	@Test
	void serverOfAParentDoesNotCount() {
		server("network", 9090);
		DefaultListableBeanFactory child = new DefaultListableBeanFactory(this.beans);
		assertThat(new GrpcServerPorts(child, null, UnaryOperator.identity()).hasGrpcServer()).isFalse();
		assertThat(new GrpcServerPorts(child, null, UnaryOperator.identity()).grpc()).isZero();
	}

	@Test
	void registrationStopsBeforeTheServerOnWhichItDepends() {
		server("network", 9090);
		server("second", 9091);
		inProcessServer();
		this.beans.registerBeanDefinition("registration", new RootBeanDefinition(EtcdAutoServiceRegistration.class));
		this.ports.afterSingletonsInstantiated();
		for (String server : List.of("network", "second", "in-process")) {
			assertThat(this.beans.getDependentBeans(server)).containsExactly("registration");
		}
	}

}
