package io.github.etcddiscovery.autoconfigure;

import java.util.List;
import java.util.stream.Stream;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.cloud.EtcdUnavailableException;
import io.github.etcddiscovery.instance.KeyRange;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.view.ServiceView;
import org.apache.commons.logging.Log;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.ssl.PropertiesSslBundle;
import org.springframework.boot.autoconfigure.ssl.SslProperties;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.config.client.ConfigServerInstanceProvider;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The instances of a config server: at first read from etcd over a connection that is
 * closed again, with the properties there are by then; once the application runs, those
 * of its view, since Spring Cloud Config's client asks again at every change of the
 * catalog.
 */
final class ConfigServerInstances implements ConfigServerInstanceProvider.Function {

	private static final String ETCD = "spring.cloud.etcd";

	private static final String DISCOVERY = ETCD + ".discovery";

	private static final List<String> SWITCHES = List.of("spring.cloud.discovery.enabled", ETCD + ".enabled",
			DISCOVERY + ".enabled");

	private volatile @Nullable ConfigurableApplicationContext application;

	/** Looks into the view of this application from the moment it has one. */
	void use(ConfigurableApplicationContext application) {
		this.application = application;
	}

	@Override
	public List<ServiceInstance> apply(String serviceId) {
		throw new UnsupportedOperationException("Spring Cloud Config's client gives a binder since 3.0");
	}

	@Override
	public List<ServiceInstance> apply(String serviceId, Binder binder, BindHandler bindHandler, Log log) {
		if (SWITCHES.stream().anyMatch((name) -> !binder.bind(name, Boolean.class).orElse(true))) {
			return List.of();
		}
		ServiceView<ServiceInstance> view = view(serviceId);
		return (view != null) ? view.catalog().available(serviceId) : read(serviceId, binder);
	}

	@SuppressWarnings("unchecked")
	private @Nullable ServiceView<ServiceInstance> view(String serviceId) {
		ConfigurableApplicationContext running = this.application;
		if (running == null || !running.isActive()) {
			return null;
		}
		ServiceView<ServiceInstance> view = running.getBeanProvider(ServiceView.class).getIfAvailable();
		return (view != null && view.follows(serviceId) && view.catalog().isSynced()) ? view : null;
	}

	private static List<ServiceInstance> read(String serviceId, Binder binder) {
		EtcdProperties etcd = binder.bindOrCreate(ETCD, EtcdProperties.class);
		EtcdDiscoveryProperties discovery = binder.bindOrCreate(DISCOVERY, EtcdDiscoveryProperties.class);
		KeyRange range = EtcdDiscoveryAutoConfiguration.layout(discovery).range(serviceId);
		EtcdClientOptions options = EtcdClientOptionsFactory.create(EtcdConnectionDetails.of(etcd, sslBundles(binder)),
				etcd);
		try (EtcdClient client = EtcdClient.create(options);
				ServiceView<ServiceInstance> view = EtcdDiscoveryAutoConfiguration.view(client, List.of(range),
						EtcdDiscoveryAutoConfiguration.formats(Stream.empty(), discovery), discovery, Telemetry.NONE)) {
			view.start();
			try {
				view.awaitSync(etcd.getDialTimeout().plus(etcd.getRequestTimeout()));
			}
			catch (EtcdException ex) {
				throw new EtcdUnavailableException(client.describe(), ex);
			}
			return view.catalog().available(serviceId);
		}
	}

	/** Spring Boot's own come with the application only. */
	private static SslBundles sslBundles(Binder binder) {
		SslProperties.Bundles bundles = binder.bindOrCreate("spring.ssl", SslProperties.class).getBundle();
		DefaultSslBundleRegistry registry = new DefaultSslBundleRegistry();
		bundles.getPem().forEach((name, pem) -> registry.registerBundle(name, PropertiesSslBundle.get(pem)));
		bundles.getJks().forEach((name, jks) -> registry.registerBundle(name, PropertiesSslBundle.get(jks)));
		return registry;
	}

}
