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

import org.springframework.boot.autoconfigure.ssl.JksSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PemSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PropertiesSslBundle;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.config.client.ConfigServerInstanceProvider;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The instances of a config server: at first read from etcd over a connection that is
 * closed again, with the properties there are by then. Once the application runs, those
 * of its view: Spring Cloud Config's client asks again at every change of the catalog,
 * and is not to wait, nor to be told that there are none.
 */
final class ConfigServerInstances implements ConfigServerInstanceProvider.Function {

	private static final List<String> SWITCHES = List.of("spring.cloud.discovery.enabled",
			EtcdProperties.PREFIX + ".enabled", EtcdDiscoveryProperties.PREFIX + ".enabled");

	private volatile @Nullable ConfigurableApplicationContext application;

	private volatile List<ServiceInstance> last = List.of();

	/** Looks into the view of this application from now on. */
	void use(ConfigurableApplicationContext application) {
		this.application = application;
	}

	@Override
	public List<ServiceInstance> apply(String serviceId) {
		throw new UnsupportedOperationException("Where etcd is cannot be told: expected Spring Cloud Config's client"
				+ " to come with spring-security-crypto, without which it hands over no properties");
	}

	@Override
	public List<ServiceInstance> apply(String serviceId, Binder binder, BindHandler bindHandler, Log log) {
		ConfigurableApplicationContext running = this.application;
		List<ServiceInstance> found = (running != null) ? seen(serviceId, running)
				: read(serviceId, new Properties(binder, bindHandler));
		if (!found.isEmpty()) {
			this.last = found;
		}
		return this.last;
	}

	@SuppressWarnings("unchecked")
	private static List<ServiceInstance> seen(String serviceId, ConfigurableApplicationContext running) {
		ServiceView<ServiceInstance> view = running.isActive()
				? running.getBeanProvider(ServiceView.class).getIfUnique() : null;
		return (view != null) ? view.catalog().available(serviceId) : List.of();
	}

	private static List<ServiceInstance> read(String serviceId, Properties properties) {
		if (SWITCHES.stream().anyMatch((name) -> !properties.get(name, Boolean.class, true))) {
			return List.of();
		}
		EtcdProperties etcd = properties.get(EtcdProperties.PREFIX, EtcdProperties.class);
		EtcdDiscoveryProperties discovery = properties.get(EtcdDiscoveryProperties.PREFIX,
				EtcdDiscoveryProperties.class);
		KeyRange range = Views.layout(discovery).range(serviceId);
		SslBundles bundles = sslBundles(etcd.getSsl().getBundle(), properties);
		EtcdClientOptions options = EtcdClientOptionsFactory.create(EtcdConnectionDetails.of(etcd, bundles), etcd);
		try (EtcdClient client = EtcdClient.create(options);
				ServiceView<ServiceInstance> view = Views.home(client, List.of(range),
						Views.formats(Stream.empty(), discovery), discovery, Telemetry.NONE)) {
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

	/**
	 * Spring Boot's own come with the application only. Just the one that is used: what
	 * others need may be what the config server is to be asked for.
	 */
	private static SslBundles sslBundles(@Nullable String name, Properties properties) {
		DefaultSslBundleRegistry registry = new DefaultSslBundleRegistry();
		if (name == null) {
			return registry;
		}
		String pem = "spring.ssl.bundle.pem." + name;
		String jks = "spring.ssl.bundle.jks." + name;
		if (properties.contain(pem, PemSslBundleProperties.class)) {
			registry.registerBundle(name, PropertiesSslBundle.get(properties.get(pem, PemSslBundleProperties.class)));
		}
		else if (properties.contain(jks, JksSslBundleProperties.class)) {
			registry.registerBundle(name, PropertiesSslBundle.get(properties.get(jks, JksSslBundleProperties.class)));
		}
		return registry;
	}

	/**
	 * What is known before the application.
	 *
	 * @param binder binds them
	 * @param handler decrypts what is encrypted
	 */
	private record Properties(Binder binder, BindHandler handler) {

		<T> T get(String name, Class<T> type) {
			return this.binder.bindOrCreate(name, Bindable.of(type), this.handler);
		}

		<T> T get(String name, Class<T> type, T otherwise) {
			return this.binder.bind(name, Bindable.of(type), this.handler).orElse(otherwise);
		}

		boolean contain(String name, Class<?> type) {
			return this.binder.bind(name, Bindable.of(type), this.handler).isBound();
		}

	}

}
