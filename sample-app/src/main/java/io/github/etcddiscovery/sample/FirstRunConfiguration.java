package io.github.etcddiscovery.sample;

import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.ViewState;

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;

/**
 * Makes this sample run where there is no etcd yet. An application of yours needs none of
 * this: it says where etcd is.
 */
@Configuration(proxyBeanMethods = false)
@Conditional(FirstRunConfiguration.OnNoEndpoints.class)
@EnableScheduling
class FirstRunConfiguration {

	@Bean
	LocalEtcd localEtcd(SampleProperties properties) {
		return LocalEtcd.hostOrJoin(properties.etcdPort());
	}

	@Bean
	TakeOver takeOver(LocalEtcd etcd, ServiceView<?> view) {
		return new TakeOver(etcd, view);
	}

	/**
	 * Takes over when etcd has gone.
	 *
	 * @param etcd what may have gone
	 * @param view notices it
	 */
	record TakeOver(LocalEtcd etcd, ServiceView<?> view) {

		@Scheduled(fixedDelay = 250)
		void check() {
			if (this.view.state() == ViewState.WATCHING) {
				this.etcd.identify();
			}
			else if (!this.view.staleness().isZero()) {
				this.etcd.takeOver();
			}
		}

	}

	/**
	 * Whether nobody has said where etcd is.
	 */
	static class OnNoEndpoints implements Condition {

		@Override
		public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
			return !Binder.get(context.getEnvironment())
				.bind("spring.cloud.etcd.endpoints", Bindable.listOf(String.class))
				.isBound();
		}

	}

}
