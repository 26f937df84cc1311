package io.github.etcddiscovery.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.etcd.jetcd.Client;
import io.github.etcddiscovery.actuate.EtcdDiscoveryEndpoint;
import io.github.etcddiscovery.autoconfigure.actuate.EtcdActuatorAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.loadbalancer.EtcdLoadBalancerAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.registration.EtcdServiceRegistryAutoConfiguration;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.JetcdEtcdClient;
import io.github.etcddiscovery.cloud.discovery.CatalogEventPublisher;
import io.github.etcddiscovery.cloud.discovery.EtcdDiscoveryClient;
import io.github.etcddiscovery.cloud.discovery.EtcdReactiveDiscoveryClient;
import io.github.etcddiscovery.cloud.loadbalancer.EtcdServiceInstanceListSupplier;
import io.github.etcddiscovery.cloud.loadbalancer.FallbackInstanceListSupplier;
import io.github.etcddiscovery.cloud.loadbalancer.UntriedInstanceListSupplier;
import io.github.etcddiscovery.cloud.loadbalancer.ZonesInstanceListSupplier;
import io.github.etcddiscovery.cloud.registration.EtcdAutoServiceRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.doubles.EmptyEtcdClient;
import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.CommonsClientAutoConfiguration;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.health.reactive.ReactiveDiscoveryClientHealthIndicator;
import org.springframework.cloud.client.discovery.simple.SimpleDiscoveryClientAutoConfiguration;
import org.springframework.cloud.client.serviceregistry.AutoServiceRegistrationAutoConfiguration;
import org.springframework.cloud.client.serviceregistry.Registration;
import org.springframework.cloud.client.serviceregistry.ServiceRegistry;
import org.springframework.cloud.commons.util.UtilAutoConfiguration;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.cloud.loadbalancer.annotation.LoadBalancerClients;
import org.springframework.cloud.loadbalancer.config.LoadBalancerAutoConfiguration;
import org.springframework.cloud.loadbalancer.core.DelegatingServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.RetryAwareServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.support.LoadBalancerClientFactory;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which beans there are, without etcd: a client that finds nothing stands in for it.
 */
@ExtendWith(OutputCaptureExtension.class)
class EtcdAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, UtilAutoConfiguration.class,
				EtcdClientAutoConfiguration.class, EtcdDiscoveryAutoConfiguration.class,
				EtcdServiceRegistryAutoConfiguration.class, EtcdLoadBalancerAutoConfiguration.class,
				LoadBalancerAutoConfiguration.class, CommonsClientAutoConfiguration.class,
				SimpleDiscoveryClientAutoConfiguration.class, AutoServiceRegistrationAutoConfiguration.class))
		.withPropertyValues("spring.application.name=orders");

	private final ApplicationContextRunner withoutEtcd = this.runner.withBean("userClient", EtcdClient.class,
			EmptyEtcdClient::new);

	@Test
	void byDefaultAllBeansAreThere() {
		this.withoutEtcd.run((context) -> assertThat(context).hasNotFailed()
			.hasSingleBean(EtcdConnectionDetails.class)
			.hasSingleBean(CheckedFormats.class)
			.hasSingleBean(ServiceView.class)
			.hasSingleBean(CatalogEventPublisher.class)
			.hasSingleBean(EtcdDiscoveryClient.class)
			.hasSingleBean(EtcdReactiveDiscoveryClient.class)
			.hasSingleBean(EtcdServiceRegistry.class)
			.hasSingleBean(EtcdRegistration.class)
			.hasSingleBean(EtcdAutoServiceRegistration.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.cloud.discovery.enabled", "spring.cloud.etcd.discovery.enabled" })
	void discoveryCanBeSwitchedOff(String property) {
		this.withoutEtcd.withPropertyValues(property + "=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(EtcdClient.class)
				.doesNotHaveBean(ServiceView.class)
				.doesNotHaveBean(EtcdDiscoveryClient.class)
				.doesNotHaveBean(EtcdReactiveDiscoveryClient.class)
				.doesNotHaveBean(EtcdServiceRegistry.class)
				.doesNotHaveBean(EtcdAutoServiceRegistration.class));
	}

	@Test
	void etcdCanBeSwitchedOffAltogether() {
		this.runner.withPropertyValues("spring.cloud.etcd.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(EtcdClient.class)
				.doesNotHaveBean(ServiceView.class)
				.doesNotHaveBean(EtcdServiceRegistry.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.cloud.etcd.discovery.register",
			"spring.cloud.service-registry.auto-registration.enabled" })
	void registeringCanBeSwitchedOffWhileDiscoveryStays(String property) {
		this.withoutEtcd.withPropertyValues(property + "=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(EtcdDiscoveryClient.class)
				.hasSingleBean(EtcdServiceRegistry.class)
				.doesNotHaveBean(EtcdRegistration.class)
				.doesNotHaveBean(EtcdAutoServiceRegistration.class));
	}

	@Test
	void blockingAndReactiveClientsCanBeSwitchedOffEach() {
		this.withoutEtcd.withPropertyValues("spring.cloud.discovery.blocking.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(EtcdDiscoveryClient.class)
				.hasSingleBean(EtcdReactiveDiscoveryClient.class));
		this.withoutEtcd.withPropertyValues("spring.cloud.discovery.reactive.enabled=false")
			.run((context) -> assertThat(context).hasSingleBean(EtcdDiscoveryClient.class)
				.doesNotHaveBean(EtcdReactiveDiscoveryClient.class));
	}

	@Test
	void reactiveClientIsInHealthUnlessThatIsSwitchedOffOrThereIsNoHealth() {
		this.withoutEtcd
			.run((context) -> assertThat(context).hasSingleBean(ReactiveDiscoveryClientHealthIndicator.class));
		this.withoutEtcd.withPropertyValues("spring.cloud.discovery.client.health-indicator.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(ReactiveDiscoveryClientHealthIndicator.class));
		this.withoutEtcd.withClassLoader(new FilteredClassLoader("org.springframework.boot.health"))
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean("etcdStarterReactiveDiscoveryClientHealthIndicator"));
	}

	@Test
	void withoutJetcdNothingHappens() {
		this.runner.withClassLoader(new FilteredClassLoader(Client.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(EtcdClient.class)
				.doesNotHaveBean(ServiceView.class));
	}

	@Test
	void withoutWebClientThereIsNoReactiveClient() {
		this.withoutEtcd.withClassLoader(new FilteredClassLoader(WebClient.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(EtcdDiscoveryClient.class)
				.doesNotHaveBean(EtcdReactiveDiscoveryClient.class));
	}

	@Test
	void withoutReactorThereIsStillABlockingClient() {
		this.withoutEtcd
			.withClassLoader(new FilteredClassLoader(WebClient.class, Flux.class, ServiceInstanceListSupplier.class))
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(EtcdDiscoveryClient.class));
	}

	@Test
	void withoutLoadBalancerDiscoveryStays() {
		this.withoutEtcd.withClassLoader(new FilteredClassLoader(ServiceInstanceListSupplier.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(EtcdDiscoveryClient.class)
				.doesNotHaveBean(EtcdLoadBalancerAutoConfiguration.class));
	}

	@Test
	void endpointIsThereIfTheActuatorIsAndItIsExposed() {
		ApplicationContextRunner exposed = this.withoutEtcd
			.withConfiguration(AutoConfigurations.of(EtcdActuatorAutoConfiguration.class))
			.withPropertyValues("management.endpoints.web.exposure.include=etcd",
					"management.endpoints.jmx.exposure.include=etcd");
		exposed.run((context) -> assertThat(context).hasSingleBean(EtcdDiscoveryEndpoint.class));
		exposed.withPropertyValues("spring.cloud.etcd.discovery.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(EtcdDiscoveryEndpoint.class));
		exposed.withPropertyValues("management.endpoint.etcd.access=NONE")
			.run((context) -> assertThat(context).doesNotHaveBean(EtcdDiscoveryEndpoint.class));
		exposed.withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate"))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(EtcdDiscoveryEndpoint.class));
		EtcdDiscoveryEndpoint own = new EtcdDiscoveryEndpoint(null, null, null, null, null, null, null);
		exposed.withBean(EtcdDiscoveryEndpoint.class, () -> own)
			.run((context) -> assertThat(context.getBean(EtcdDiscoveryEndpoint.class)).isSameAs(own));
	}

	@Test
	void withoutSpringCloudContextTheConnectionIsNotRefreshed() {
		ApplicationContextRunner refreshing = this.runner
			.withConfiguration(AutoConfigurations.of(EtcdRefreshAutoConfiguration.class))
			.withPropertyValues("spring.cloud.etcd.fail-fast=false", "spring.cloud.etcd.discovery.register=false");
		refreshing.run((context) -> assertThat(context).getBeanNames(ConnectionRefresher.class)
			.containsExactly("etcdStarterConnectionRefresher", "etcdStarterRemotesRefresher"));
		refreshing.withClassLoader(new FilteredClassLoader(EnvironmentChangeEvent.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ConnectionRefresher.class));
		this.withoutEtcd.withConfiguration(AutoConfigurations.of(EtcdRefreshAutoConfiguration.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("etcdStarterConnectionRefresher"));
	}

	@Test
	void userBeansReplaceOurs() {
		InstanceCodec codec = new InstanceCodec() {

			@Override
			public String name() {
				return "json";
			}

			@Override
			public boolean recognizes(byte[] value) {
				return value.length == 1;
			}

			@Override
			public byte[] encode(ServiceRecord record) {
				return new byte[1];
			}

			@Override
			public ServiceRecord decode(InstanceKey key, byte[] value) {
				return new ServiceRecord(key, "localhost", 1, false, InstanceStatus.UP, Map.of());
			}

		};
		EtcdConnectionDetails details = () -> List.of("user:1");
		this.withoutEtcd.withBean(InstanceCodec.class, () -> codec)
			.withBean(EtcdConnectionDetails.class, () -> details)
			.run((context) -> {
				assertThat(context.getBean(CheckedFormats.class).formats().codec("json")).isSameAs(codec);
				assertThat(context.getBean(EtcdConnectionDetails.class)).isSameAs(details);
				assertThat(context.getBean(EtcdClient.class)).isInstanceOf(EmptyEtcdClient.class);
				assertThat(context).doesNotHaveBean(JetcdEtcdClient.class);
			});
	}

	@Test
	void clientConnectsWhereTheUsersConnectionDetailsSay() {
		this.runner.withBean(EtcdConnectionDetails.class, () -> () -> List.of("user.example:1"))
			.withPropertyValues("spring.cloud.etcd.fail-fast=false", "spring.cloud.etcd.endpoints=http://ignored:2")
			.run((context) -> assertThat(context.getBean(EtcdClient.class).describe())
				.isEqualTo("http://user.example:1"));
	}

	@Test
	void ourRegistryGivesWayToAnotherOneAskedForByType() {
		this.withoutEtcd.withUserConfiguration(OtherRegistry.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(ServiceRegistry.class)).isNotInstanceOf(EtcdServiceRegistry.class);
			assertThat(context.getBean(Registration.class)).isNotInstanceOf(EtcdRegistration.class);
			assertThat(context.getBean(EtcdAutoServiceRegistration.class)).isNotNull();
		});
		this.withoutEtcd.run((context) -> {
			assertThat(context.getBean(ServiceRegistry.class)).isInstanceOf(EtcdServiceRegistry.class);
			assertThat(context.getBean(Registration.class)).isInstanceOf(EtcdRegistration.class);
		});
	}

	@Test
	void springCloudsOwnFailFastOfAutoRegistrationIsContent() {
		this.withoutEtcd.withPropertyValues("spring.cloud.service-registry.auto-registration.fail-fast=true")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void loadBalancerIsFedByOurSupplierWhateverConfigurationIsPutOnTop() {
		this.withoutEtcd.run((context) -> assertThat(suppliers(context.getBean(LoadBalancerClientFactory.class)))
			.as("one of them ejects instances")
			.hasSize(4));
		ApplicationContextRunner plain = this.withoutEtcd
			.withPropertyValues("spring.cloud.etcd.discovery.outlier.enabled=false");
		plain.run((context) -> assertThat(suppliers(context.getBean(LoadBalancerClientFactory.class))).containsExactly(
				FallbackInstanceListSupplier.class, UntriedInstanceListSupplier.class,
				EtcdServiceInstanceListSupplier.class));
		plain.withPropertyValues("spring.cloud.loadbalancer.configurations=default")
			.run((context) -> assertThat(suppliers(context.getBean(LoadBalancerClientFactory.class))).containsExactly(
					FallbackInstanceListSupplier.class, UntriedInstanceListSupplier.class,
					EtcdServiceInstanceListSupplier.class));
		for (String property : List.of("spring.cloud.loadbalancer.configurations",
				"spring.cloud.loadbalancer.clients.stock.configurations")) {
			plain.withPropertyValues(property + "=zone-preference", "spring.cloud.etcd.discovery.zone=eu-1")
				.run((context) -> assertThat(suppliers(context.getBean(LoadBalancerClientFactory.class)))
					.containsExactly(ZonesInstanceListSupplier.class, FallbackInstanceListSupplier.class,
							UntriedInstanceListSupplier.class, EtcdServiceInstanceListSupplier.class));
		}
		plain.withPropertyValues("spring.cloud.loadbalancer.clients.other.configurations=zone-preference")
			.run((context) -> assertThat(suppliers(context.getBean(LoadBalancerClientFactory.class))).containsExactly(
					FallbackInstanceListSupplier.class, UntriedInstanceListSupplier.class,
					EtcdServiceInstanceListSupplier.class));
		plain.withPropertyValues("spring.cloud.loadbalancer.retry.avoid-previous-instance=false")
			.run((context) -> assertThat(suppliers(context.getBean(LoadBalancerClientFactory.class)))
				.containsExactly(FallbackInstanceListSupplier.class, EtcdServiceInstanceListSupplier.class));
	}

	/** From the one on top to the one at the bottom. */
	private static List<Class<?>> suppliers(LoadBalancerClientFactory factory) {
		List<Class<?>> classes = new ArrayList<>();
		ServiceInstanceListSupplier current = supplier(factory);
		while (current instanceof DelegatingServiceInstanceListSupplier delegating) {
			classes.add(current.getClass());
			current = delegating.getDelegate();
		}
		classes.add(current.getClass());
		return classes;
	}

	@Test
	void usersOwnDefaultLoadBalancerConfigurationWinsWhateverItsName() {
		for (Class<?> configuration : List.of(AConfiguration.class, ZConfiguration.class)) {
			this.withoutEtcd.withUserConfiguration(configuration)
				.run((context) -> assertThat(
						supplier(context.getBean(LoadBalancerClientFactory.class)).get().blockFirst())
					.singleElement()
					.returns("of-the-user", ServiceInstance::getInstanceId));
		}
	}

	@Test
	void warnsWhenTheHeartbeatIsMoreThanAThirdOfTheTtl(CapturedOutput output) {
		this.withoutEtcd.withPropertyValues("spring.cloud.etcd.discovery.ttl=5s")
			.run((context) -> assertThat(output).contains("more than a third"));
	}

	@Test
	void chosenServicesAreWatchedEachAndAllOthersAreNot() {
		this.withoutEtcd
			.withPropertyValues("spring.cloud.etcd.discovery.services=stock,legacy",
					"spring.cloud.etcd.discovery.service-prefixes.legacy=/legacy.rpc")
			.run((context) -> assertThat(prefixes(context)).containsExactly("/services/stock/", "/legacy.rpc/"));
		this.withoutEtcd.withPropertyValues("spring.cloud.etcd.discovery.service-prefixes.legacy=/legacy.rpc")
			.run((context) -> assertThat(prefixes(context)).containsExactly("/services/", "/legacy.rpc/"));
	}

	@Test
	void callingAServiceThatIsNotFollowedIsWarnedOf(CapturedOutput output) {
		this.withoutEtcd.withPropertyValues("spring.cloud.etcd.discovery.services=orders")
			.run((context) -> assertThat(supplier(context.getBean(LoadBalancerClientFactory.class))).isNotNull());
		assertThat(output).contains("There will be no instances of stock");
	}

	@Test
	void clientsSayWhatTheyAre() {
		this.withoutEtcd.run((context) -> {
			assertThat(context.getBean(EtcdDiscoveryClient.class).description()).isEqualTo("etcd Discovery Client");
			assertThat(context.getBean(EtcdReactiveDiscoveryClient.class).description())
				.isEqualTo("etcd Reactive Discovery Client");
		});
	}

	@Test
	void orderIsThatOfTheProperty() {
		this.withoutEtcd.withPropertyValues("spring.cloud.etcd.discovery.order=7").run((context) -> {
			assertThat(context.getBean(EtcdDiscoveryClient.class).getOrder()).isEqualTo(7);
			assertThat(context.getBean(EtcdReactiveDiscoveryClient.class).getOrder()).isEqualTo(7);
		});
	}

	@Test
	void lazyInitializationDoesNotKeepTheViewFromStarting() {
		this.withoutEtcd
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.run((context) -> assertThat(context.getBeanFactory().containsSingleton("etcdStarterServiceView"))
				.isTrue());
	}

	private static List<String> prefixes(ApplicationContext context) {
		ServiceView<?> view = context.getBean(ServiceView.class);
		return view.catalog().positions().stream().map(Catalog.Position::prefix).toList();
	}

	/** Below the one that skips the instance tried before. */
	private static ServiceInstanceListSupplier supplier(LoadBalancerClientFactory factory) {
		ServiceInstanceListSupplier top = factory.getLazyProvider("stock", ServiceInstanceListSupplier.class)
			.getIfAvailable();
		return (top instanceof RetryAwareServiceInstanceListSupplier retryAware) ? retryAware.getDelegate() : top;
	}

	/**
	 * A configuration of a user's, first in the alphabet.
	 */
	@Configuration(proxyBeanMethods = false)
	@LoadBalancerClients(defaultConfiguration = UserSupplier.class)
	static class AConfiguration {

	}

	/**
	 * A configuration of a user's, last in the alphabet.
	 */
	@Configuration(proxyBeanMethods = false)
	@LoadBalancerClients(defaultConfiguration = UserSupplier.class)
	static class ZConfiguration {

	}

	/**
	 * Supplies an instance of the user's.
	 */
	static class UserSupplier {

		@Bean
		ServiceInstanceListSupplier userSupplier() {
			return new ServiceInstanceListSupplier() {

				@Override
				public String getServiceId() {
					return "stock";
				}

				@Override
				public Flux<List<ServiceInstance>> get() {
					return Flux
						.just(List.of(new DefaultServiceInstance("of-the-user", "stock", "localhost", 1, false)));
				}

			};
		}

	}

}
