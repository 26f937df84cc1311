package io.github.etcddiscovery.grpc;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;

import io.github.etcddiscovery.view.ServiceView;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolver.ResolutionResult;
import io.grpc.NameResolverProvider;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.SynchronizationContext;
import io.grpc.netty.NettyChannelBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;

/**
 * Tests of {@link EtcdNameResolverProvider}, {@link NameResolverWithoutView} and
 * {@link EtcdChannelBuilderCustomizer}.
 */
class EtcdNameResolverProviderTests {

	private final EtcdNameResolverProvider provider = new EtcdNameResolverProvider();

	@SuppressWarnings("unchecked")
	private final ServiceView<ServiceInstance> view = mock(ServiceView.class);

	private final List<StatusOr<List<EquivalentAddressGroup>>> told = new ArrayList<>();

	private static NameResolver.Args.Builder args() {
		return NameResolver.Args.newBuilder()
			.setDefaultPort(80)
			.setProxyDetector((address) -> null)
			.setServiceConfigParser(mock(NameResolver.ServiceConfigParser.class))
			.setSynchronizationContext(new SynchronizationContext((thread, ex) -> {
				throw new IllegalStateException(ex);
			}));
	}

	private NameResolver resolver(String target) {
		return this.provider.newNameResolver(URI.create(target),
				args().setArg(EtcdNameResolverProvider.VIEW, this.view).build());
	}

	@Test
	void isAvailableForItsSchemeAndNeverTheDefault() {
		assertThat(this.provider.isAvailable()).isTrue();
		assertThat(this.provider.getDefaultScheme()).isEqualTo("etcd");
		assertThat(this.provider.getScheme()).isEqualTo("etcd");
		assertThat(this.provider.priority()).as("that of DNS is 5").isEqualTo(4);
		assertThat(this.provider).isInstanceOf(NameResolverProvider.class);
	}

	@Test
	void resolvesItsOwnSchemeOnly() {
		assertThat(resolver("etcd:///stock")).isInstanceOf(EtcdNameResolver.class);
		assertThat(resolver("etcd:///stock").getServiceAuthority()).isEqualTo("stock");
		assertThat(resolver("dns:///stock")).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "etcd:stock", "etcd://host/stock", "etcd:///", "etcd:///a/b" })
	void targetThatNamesNoServiceIsRefused(String target) {
		assertThatIllegalArgumentException().isThrownBy(() -> resolver(target))
			.withMessageStartingWith("Cannot resolve " + target + ": ");
	}

	@Test
	void withoutAViewEveryCallFailsWithTheReason() {
		NameResolver resolver = this.provider.newNameResolver(URI.create("etcd:///stock"), args().build());
		assertThat(resolver).isInstanceOf(NameResolverWithoutView.class);
		assertThat(resolver.getServiceAuthority()).isEqualTo("stock");
		resolver.refresh();
		assertThat(this.told).isEmpty();
		resolver.start(new NameResolver.Listener2() {
			@Override
			public void onResult(ResolutionResult result) {
				EtcdNameResolverProviderTests.this.told.add(result.getAddressesOrError());
			}

			@Override
			public void onError(Status error) {
				throw error.asRuntimeException();
			}
		});
		assertThat(this.told).singleElement().satisfies((result) -> {
			assertThat(result.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
			assertThat(result.getStatus().getDescription())
				.startsWith("Cannot call stock: expected discovery over etcd to be enabled");
		});
		resolver.refresh();
		assertThat(this.told).hasSize(2);
		resolver.shutdown();
		resolver.refresh();
		assertThat(this.told).hasSize(2);
	}

	@Test
	void channelsOfSpringGrpcLookIntoTheView() {
		NettyChannelBuilder builder = mock(NettyChannelBuilder.class);
		EtcdChannelBuilderCustomizer<NettyChannelBuilder> customizer = new EtcdChannelBuilderCustomizer<>(this.view,
				"etcd:///stock"::equals);
		customizer.customize("dns:///stock", builder);
		then(builder).should().setNameResolverArg(EtcdNameResolverProvider.VIEW, this.view);
		customizer.customize("etcd:///other", builder);
		then(builder).should(never()).defaultLoadBalancingPolicy(any());
		customizer.customize("etcd:///stock", builder);
		then(builder).should().defaultLoadBalancingPolicy("etcd_weighted_round_robin");
	}

}
