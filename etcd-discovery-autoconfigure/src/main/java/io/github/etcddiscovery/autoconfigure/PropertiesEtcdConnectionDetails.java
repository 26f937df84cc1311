package io.github.etcddiscovery.autoconfigure;

import java.io.IOException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.pem.PemContent;
import org.springframework.boot.ssl.pem.PemSslStore;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;

import static io.github.etcddiscovery.autoconfigure.PropertyRules.invalid;

/**
 * {@link EtcdConnectionDetails} from the properties under {@code spring.cloud.etcd}.
 */
final class PropertiesEtcdConnectionDetails implements EtcdConnectionDetails {

	private static final String DEFAULT_ADDRESS = "localhost:2379";

	private final EtcdProperties properties;

	private final @Nullable SslBundle sslBundle;

	PropertiesEtcdConnectionDetails(EtcdProperties properties, @Nullable SslBundles sslBundles) {
		this.properties = properties;
		this.sslBundle = sslBundle(properties, sslBundles);
	}

	@Override
	public List<String> getEndpoints() {
		List<String> endpoints = this.properties.getEndpoints();
		return (endpoints != null) ? endpoints : List.of(DEFAULT_ADDRESS);
	}

	@Override
	public @Nullable String getUsername() {
		return this.properties.getUsername();
	}

	@Override
	public @Nullable String getPassword() {
		return this.properties.getPassword();
	}

	@Override
	public @Nullable SslBundle getSslBundle() {
		return this.sslBundle;
	}

	private static @Nullable SslBundle sslBundle(EtcdProperties properties, @Nullable SslBundles sslBundles) {
		String bundle = properties.getSsl().getBundle();
		boolean pem = properties.getCaCert() != null || properties.getCert() != null || properties.getKey() != null;
		if (bundle == null) {
			return pem ? pemBundle(properties) : null;
		}
		if (pem) {
			throw invalid("ssl.bundle", bundle,
					"Expected either an SSL bundle or PEM files (ca-cert, cert, key)," + " but both are set.");
		}
		try {
			if (sslBundles != null) {
				return sslBundles.getBundle(bundle);
			}
		}
		catch (NoSuchSslBundleException ex) {
			throw invalid("ssl.bundle", bundle, "Expected the name of a bundle defined under spring.ssl.bundle.");
		}
		throw invalid("ssl.bundle", bundle, "Expected Spring Boot's SSL bundles to be auto-configured.");
	}

	private static SslBundle pemBundle(EtcdProperties properties) {
		if (properties.getCert() == null && properties.getKey() != null) {
			throw invalid("key", properties.getKey(), "Expected spring.cloud.etcd.cert to be set along with it.");
		}
		if (properties.getCert() != null && properties.getKey() == null) {
			throw invalid("cert", properties.getCert(), "Expected spring.cloud.etcd.key to be set along with it.");
		}
		PemSslStore trust = null;
		if (properties.getCaCert() != null) {
			trust = PemSslStore.of(read("ca-cert", properties.getCaCert(), PemContent::getCertificates), null);
		}
		PemSslStore own = null;
		if (properties.getCert() != null && properties.getKey() != null) {
			List<X509Certificate> certificates = read("cert", properties.getCert(), PemContent::getCertificates);
			PrivateKey key = read("key", properties.getKey(), (content) -> content.getPrivateKey());
			own = PemSslStore.of(certificates, key);
		}
		return SslBundle.of(new PemSslStoreBundle(own, trust));
	}

	private static <T> T read(String property, String path, Function<PemContent, @Nullable T> reader) {
		String problem = "it holds no such thing";
		try {
			T content = reader.apply(PemContent.load(Path.of(path)));
			if (content != null) {
				return content;
			}
		}
		catch (IOException ex) {
			problem = "it cannot be read (" + ex.getClass().getSimpleName() + ")";
		}
		catch (RuntimeException ex) {
			problem = String.valueOf(ex.getMessage());
		}
		throw invalid(property, path, "Expected the path of a PEM file with a "
				+ (property.equals("key") ? "private key" : "certificate") + ", but " + problem + ".");
	}

}
