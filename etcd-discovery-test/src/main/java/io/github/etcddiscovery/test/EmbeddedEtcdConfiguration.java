package io.github.etcddiscovery.test;

import java.util.List;

import io.github.etcddiscovery.autoconfigure.EtcdClientAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.EtcdConnectionDetails;
import io.github.etcddiscovery.autoconfigure.EtcdProperties;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Fallback;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * An embedded etcd for the application of a test, started when something needs it and
 * stopped with the application. Not among the auto-configurations of every application:
 * {@link EmbeddedEtcdContextCustomizer} imports it.
 */
@AutoConfiguration(before = EtcdClientAutoConfiguration.class)
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE)
@ConditionalOnMissingBean(EtcdConnectionDetails.class)
@Conditional(EmbeddedEtcdConfiguration.OnNoEndpointsOfTheTest.class)
final class EmbeddedEtcdConfiguration {

	@Bean
	@Lazy
	@ConditionalOnMissingBean
	EmbeddedEtcd embeddedEtcd() {
		return EmbeddedEtcd.start();
	}

	@Bean
	@Lazy
	@Fallback
	EtcdConnectionDetails embeddedEtcdConnectionDetails(ObjectProvider<EmbeddedEtcd> etcd,
			ConfigurableEnvironment environment, EtcdProperties properties, ObjectProvider<SslBundles> sslBundles) {
		// Properties that beans of the test add are not there yet when conditions are
		// evaluated.
		if (EmbeddedEtcdContextCustomizer.hasEndpointsOfItsOwn(environment)) {
			return EtcdConnectionDetails.of(properties, sslBundles.getIfAvailable());
		}
		String endpoint = etcd.getObject().endpoint();
		return () -> List.of(endpoint);
	}

	/**
	 * Matches unless the test says where its etcd is.
	 */
	static final class OnNoEndpointsOfTheTest extends SpringBootCondition {

		@Override
		public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
			ConditionMessage.Builder message = ConditionMessage.forCondition("Embedded etcd");
			if (context.getEnvironment() instanceof ConfigurableEnvironment environment
					&& EmbeddedEtcdContextCustomizer.hasEndpointsOfItsOwn(environment)) {
				return ConditionOutcome.noMatch(message.because("the test sets spring.cloud.etcd.endpoints"));
			}
			return ConditionOutcome.match(message.because("the test does not set spring.cloud.etcd.endpoints"));
		}

	}

}
