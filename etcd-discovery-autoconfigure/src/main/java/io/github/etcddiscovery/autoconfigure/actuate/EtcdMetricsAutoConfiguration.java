package io.github.etcddiscovery.autoconfigure.actuate;

import io.github.etcddiscovery.actuate.EtcdMeters;
import io.github.etcddiscovery.actuate.MicrometerTelemetry;
import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.registration.EtcdServiceRegistryAutoConfiguration;
import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.cloud.EjectedInstances;
import io.github.etcddiscovery.cloud.registration.EtcdAutoServiceRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.snapshot.ViewSnapshot;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.view.ServiceView;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.observation.ObservationRegistry;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration that measures registration and discovery, with Micrometer.
 */
@AutoConfiguration(after = { EtcdDiscoveryAutoConfiguration.class, EtcdServiceRegistryAutoConfiguration.class })
@ConditionalOnClass(MeterBinder.class)
@ConditionalOnBean(ServiceView.class)
public final class EtcdMetricsAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	EtcdMeters etcdStarterMeters(ClusterView<ServiceInstance> view, ObjectProvider<EtcdServiceRegistry> registry,
			ObjectProvider<CertificateExpiry> certificates, ObjectProvider<EjectedInstances> ejected,
			ObjectProvider<EtcdAutoServiceRegistration> automatic, ObjectProvider<ViewSnapshot<?>> snapshot) {
		EtcdAutoServiceRegistration followed = automatic.getIfUnique();
		return new EtcdMeters(view, registry.getIfAvailable(), certificates.getIfAvailable(), ejected.getIfAvailable(),
				(followed != null) ? followed.getHealth() : null, snapshot.getIfAvailable());
	}

	@Bean
	@ConditionalOnMissingBean(Telemetry.class)
	MicrometerTelemetry etcdStarterTelemetry(ObjectProvider<ObservationRegistry> observations) {
		return new MicrometerTelemetry(observations);
	}

}
