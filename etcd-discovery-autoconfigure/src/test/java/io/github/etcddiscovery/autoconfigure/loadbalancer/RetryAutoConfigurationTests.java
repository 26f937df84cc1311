package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.util.List;

import io.github.etcddiscovery.autoconfigure.EtcdClientAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryAutoConfiguration;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.cloud.retry.BudgetedExchangeFilterFunction;
import io.github.etcddiscovery.cloud.retry.BudgetedRetryFactory;
import io.github.etcddiscovery.cloud.retry.RetryBudgets;
import io.github.etcddiscovery.doubles.EmptyEtcdClient;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.LoadBalancedRetryFactory;
import org.springframework.cloud.client.loadbalancer.reactive.ReactiveLoadBalancer;
import org.springframework.cloud.client.loadbalancer.reactive.ReactorLoadBalancerClientAutoConfiguration;
import org.springframework.cloud.client.loadbalancer.reactive.RetryableLoadBalancerExchangeFilterFunction;
import org.springframework.cloud.commons.util.UtilAutoConfiguration;
import org.springframework.cloud.loadbalancer.config.BlockingLoadBalancerClientAutoConfiguration;
import org.springframework.cloud.loadbalancer.config.LoadBalancerAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.retry.support.RetryTemplate;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Who decides what is sent again, by what is on the class path and what is set.
 */
class RetryAutoConfigurationTests {

	private static final String REACTIVE_TOO = "spring.cloud.loadbalancer.retry.enabled=true";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, UtilAutoConfiguration.class,
				EtcdClientAutoConfiguration.class, EtcdDiscoveryAutoConfiguration.class,
				EtcdLoadBalancerAutoConfiguration.class, LoadBalancerAutoConfiguration.class,
				BlockingLoadBalancerClientAutoConfiguration.class, ReactorLoadBalancerClientAutoConfiguration.class))
		.withPropertyValues("spring.application.name=orders")
		.withBean("userClient", EtcdClient.class, EmptyEtcdClient::new);

	@Test
	void blockingClientsHaveABudgetAndReactiveOnesIfTheyRetry() {
		this.runner.run((context) -> assertThat(context).hasSingleBean(LoadBalancedRetryFactory.class)
			.hasSingleBean(BudgetedRetryFactory.class)
			.doesNotHaveBean(RetryableLoadBalancerExchangeFilterFunction.class));
		this.runner.withPropertyValues(REACTIVE_TOO)
			.run((context) -> assertThat(context).hasSingleBean(BudgetedRetryFactory.class)
				.hasSingleBean(RetryableLoadBalancerExchangeFilterFunction.class)
				.hasSingleBean(BudgetedExchangeFilterFunction.class));
	}

	@Test
	void withoutLoadBalancerThereIsNone() {
		this.runner.withPropertyValues(REACTIVE_TOO, "spring.cloud.loadbalancer.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(RetryBudgets.class));
		this.runner.withPropertyValues(REACTIVE_TOO, "spring.cloud.etcd.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(RetryBudgets.class));
	}

	@Test
	void withoutSpringRetryBlockingClientsDoNotRetry() {
		this.runner.withPropertyValues(REACTIVE_TOO)
			.withClassLoader(new FilteredClassLoader(RetryTemplate.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean("etcdStarterRetryFactory")
				.hasSingleBean(BudgetedExchangeFilterFunction.class));
	}

	@Test
	void withoutWebClientOnlyBlockingClientsRetry() {
		this.runner.withPropertyValues(REACTIVE_TOO)
			.withClassLoader(new FilteredClassLoader(WebClient.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(BudgetedRetryFactory.class)
				.doesNotHaveBean("etcdStarterExchangeFilterFunction"));
	}

	@Test
	void beansOfTheUserWin() {
		this.runner.withPropertyValues(REACTIVE_TOO)
			.withUserConfiguration(OwnRetry.class)
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(LoadBalancedRetryFactory.class)
				.doesNotHaveBean(BudgetedRetryFactory.class)
				.hasSingleBean(RetryableLoadBalancerExchangeFilterFunction.class)
				.doesNotHaveBean(BudgetedExchangeFilterFunction.class));
	}

	@Test
	void whereSpringCloudsPolicyIsMissingItIsMadeOfTheProperties() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, UtilAutoConfiguration.class,
					EtcdClientAutoConfiguration.class, EtcdDiscoveryAutoConfiguration.class,
					EtcdLoadBalancerAutoConfiguration.class, LoadBalancerAutoConfiguration.class))
			.withPropertyValues("spring.application.name=orders", REACTIVE_TOO)
			.withBean("userClient", EtcdClient.class, EmptyEtcdClient::new)
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(BudgetedExchangeFilterFunction.class));
	}

	/**
	 * Retries in ways of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	static class OwnRetry {

		@Bean
		LoadBalancedRetryFactory ownRetryFactory() {
			return new LoadBalancedRetryFactory() {
			};
		}

		@Bean
		RetryableLoadBalancerExchangeFilterFunction ownFilterFunction(
				ReactiveLoadBalancer.Factory<ServiceInstance> loadBalancers) {
			return new RetryableLoadBalancerExchangeFilterFunction((service) -> null, loadBalancers, List.of());
		}

	}

}
