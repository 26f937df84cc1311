package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.time.Duration;
import java.util.Map;

import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryProperties;
import io.github.etcddiscovery.autoconfigure.InvalidProperties;
import io.github.etcddiscovery.cloud.loadbalancer.HealthProbe;
import io.github.etcddiscovery.cloud.loadbalancer.OutlierDetection;
import io.github.etcddiscovery.cloud.loadbalancer.RequestsInFlight;
import io.github.etcddiscovery.cloud.retry.BudgetedExchangeFilterFunction;
import io.github.etcddiscovery.cloud.retry.BudgetedRetryFactory;
import io.github.etcddiscovery.cloud.retry.RetryBudgets;
import io.github.etcddiscovery.view.ServiceView;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.HttpRedirects;
import org.springframework.boot.http.client.JdkHttpClientBuilder;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.LoadBalancedRetryFactory;
import org.springframework.cloud.client.loadbalancer.reactive.LoadBalancerClientRequestTransformer;
import org.springframework.cloud.client.loadbalancer.reactive.LoadBalancerRetryPolicy;
import org.springframework.cloud.client.loadbalancer.reactive.ReactiveLoadBalancer;
import org.springframework.cloud.client.loadbalancer.reactive.ReactorLoadBalancerClientAutoConfiguration;
import org.springframework.cloud.client.loadbalancer.reactive.RetryableExchangeFilterFunctionLoadBalancerRetryPolicy;
import org.springframework.cloud.client.loadbalancer.reactive.RetryableLoadBalancerExchangeFilterFunction;
import org.springframework.cloud.commons.config.DefaultsBindHandlerAdvisor;
import org.springframework.cloud.loadbalancer.annotation.LoadBalancerClients;
import org.springframework.cloud.loadbalancer.config.BlockingLoadBalancerClientAutoConfiguration;
import org.springframework.cloud.loadbalancer.config.LoadBalancerAutoConfiguration;
import org.springframework.cloud.loadbalancer.config.LoadBalancerZoneConfig;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;
import org.springframework.retry.support.RetryTemplate;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Auto-configuration that feeds Spring Cloud LoadBalancer from etcd.
 */
@AutoConfiguration(after = EtcdDiscoveryAutoConfiguration.class,
		before = { LoadBalancerAutoConfiguration.class, BlockingLoadBalancerClientAutoConfiguration.class,
				ReactorLoadBalancerClientAutoConfiguration.class })
@ConditionalOnClass(ServiceInstanceListSupplier.class)
@ConditionalOnBean(ServiceView.class)
@ConditionalOnBooleanProperty(name = "spring.cloud.loadbalancer.enabled", matchIfMissing = true)
@EnableConfigurationProperties(EtcdLoadBalancingProperties.class)
@LoadBalancerClients(defaultConfiguration = EtcdLoadBalancerClientConfiguration.class)
public final class EtcdLoadBalancerAutoConfiguration {

	EtcdLoadBalancerAutoConfiguration(EtcdDiscoveryProperties properties) {
		if (properties.getSlowStart().isNegative()) {
			throw InvalidProperties.invalid("discovery.slow-start", properties.getSlowStart(), "Expected 0 or more.");
		}
		if (!(properties.getRetryBudget() >= 0)) {
			throw InvalidProperties.invalid("discovery.retry-budget", properties.getRetryBudget(),
					"Expected 0 or more.");
		}
	}

	@Bean
	LoadBalancingSettings etcdStarterLoadBalancingSettings(EtcdLoadBalancingProperties properties,
			Environment environment) {
		LoadBalancingSettings settings = properties.toSettings();
		LoadBalancerConfigurations.check(environment, settings);
		return settings;
	}

	/** Uses the settings of all services as the defaults of each service. */
	@Bean
	static DefaultsBindHandlerAdvisor.MappingsProvider etcdStarterClientDefaults() {
		ConfigurationPropertyName everywhere = ConfigurationPropertyName.of(EtcdDiscoveryProperties.PREFIX);
		return () -> Map.of(everywhere.append("clients"), everywhere);
	}

	@Bean
	OutlierDetection etcdStarterOutlierDetection() {
		return new OutlierDetection();
	}

	@Bean
	RequestsInFlight etcdStarterRequestsInFlight() {
		return new RequestsInFlight();
	}

	@Bean
	@ConditionalOnMissingBean
	LoadBalancerZoneConfig etcdStarterLoadBalancerZoneConfig(EtcdDiscoveryProperties properties,
			Environment environment) {
		String zone = environment.getProperty("spring.cloud.loadbalancer.zone");
		return new LoadBalancerZoneConfig((zone != null) ? zone : properties.getZone());
	}

	/** One for all services, made when the first of them is health-checked. */
	@Bean
	@Lazy
	@ConditionalOnMissingBean
	HealthProbe etcdStarterPlainHealthProbe() {
		return HealthProbe.overHttp();
	}

	@Bean
	@ConditionalOnMissingBean
	RetryBudgets etcdStarterRetryBudgets(EtcdDiscoveryProperties properties) {
		return new RetryBudgets(properties.getRetryBudget());
	}

	/**
	 * Health checks with the settings of {@code spring.http.clients}, where Spring Boot's
	 * HTTP clients are on the class path.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(JdkHttpClientBuilder.class)
	static class HealthProbeConfiguration {

		/**
		 * Creates a probe that never follows redirects, which an instance could send
		 * anywhere.
		 */
		@Bean
		@Lazy
		@ConditionalOnMissingBean
		HealthProbe etcdStarterHealthProbe(ObjectProvider<HttpClientSettings> settings) {
			HttpClientSettings given = settings.getIfAvailable(HttpClientSettings::defaults);
			Duration readTimeout = given.readTimeout();
			// The JDK's client has no such setting, and its builder refuses it.
			HealthProbe probe = HealthProbe.over(new JdkHttpClientBuilder().withExecutor(HealthProbe.executor())
				.build(given.withReadTimeout(null).withRedirects(HttpRedirects.DONT_FOLLOW)));
			return (readTimeout != null) ? (uri) -> probe.isWell(uri).timeout(readTimeout) : probe;
		}

	}

	/**
	 * How blocking clients repeat requests.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(RetryTemplate.class)
	static class BlockingRetryConfiguration {

		@Bean
		@ConditionalOnMissingBean(LoadBalancedRetryFactory.class)
		BudgetedRetryFactory etcdStarterRetryFactory(ReactiveLoadBalancer.Factory<ServiceInstance> loadBalancers,
				RetryBudgets budgets) {
			return new BudgetedRetryFactory(loadBalancers, budgets);
		}

	}

	/**
	 * How {@code WebClient} repeats requests, if it does.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(WebClient.class)
	@ConditionalOnBooleanProperty(name = "spring.cloud.loadbalancer.retry.enabled")
	static class ReactiveRetryConfiguration {

		@Bean
		@ConditionalOnMissingBean(RetryableLoadBalancerExchangeFilterFunction.class)
		BudgetedExchangeFilterFunction etcdStarterExchangeFilterFunction(
				ObjectProvider<LoadBalancerRetryPolicy.Factory> policies,
				ReactiveLoadBalancer.Factory<ServiceInstance> loadBalancers,
				ObjectProvider<LoadBalancerClientRequestTransformer> transformers, RetryBudgets budgets) {
			LoadBalancerRetryPolicy.Factory policy = policies
				.getIfAvailable(() -> (service) -> new RetryableExchangeFilterFunctionLoadBalancerRetryPolicy(
						loadBalancers.getProperties(service)));
			return new BudgetedExchangeFilterFunction(policy, loadBalancers, transformers.orderedStream().toList(),
					budgets);
		}

	}

}
