package io.github.etcddiscovery.autoconfigure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.ssl.PemSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PropertiesSslBundle;
import org.springframework.boot.io.ApplicationResourceLoader;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.pem.PemContent;

import static io.github.etcddiscovery.autoconfigure.InvalidProperties.invalid;

/**
 * {@link EtcdConnectionDetails} from the properties under {@code spring.cloud.etcd}.
 */
final class PropertiesEtcdConnectionDetails implements EtcdConnectionDetails {

	private final EtcdConnectionProperties properties;

	private final @Nullable SslBundles sslBundles;

	/** Of the files, before they were read, so that no later change is missed. */
	private final List<String> digests;

	private final @Nullable SslBundle sslBundle;

	PropertiesEtcdConnectionDetails(EtcdConnectionProperties properties, @Nullable SslBundles sslBundles) {
		this.properties = properties;
		this.sslBundles = sslBundles;
		this.digests = digests(properties);
		this.sslBundle = sslBundle(properties, sslBundles);
	}

	@Override
	public List<String> getEndpoints() {
		List<String> endpoints = this.properties.getEndpoints();
		return (endpoints != null) ? endpoints : this.properties.defaultEndpoints();
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

	/** Whether it says what these properties say. */
	boolean isOf(EtcdConnectionProperties others) {
		return this.properties == others;
	}

	/** Whether there are certificates that may change. */
	boolean hasCertificates() {
		return this.properties.getSsl().getBundle() != null || !this.digests.isEmpty();
	}

	/** Whether the certificates that are there now are others than those it has. */
	boolean isOutdated() {
		String bundle = this.properties.getSsl().getBundle();
		return !digests(this.properties).equals(this.digests)
				|| (bundle != null && this.sslBundles != null && this.sslBundles.getBundle(bundle) != this.sslBundle);
	}

	private static List<String> digests(EtcdConnectionProperties properties) {
		return Stream.of(properties.getCaCert(), properties.getCert(), properties.getKey())
			.flatMap(Stream::ofNullable)
			.map(PropertiesEtcdConnectionDetails::digest)
			.toList();
	}

	private static String digest(String location) {
		try {
			return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content(location)));
		}
		catch (IOException ex) {
			return "unreadable";
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

	/**
	 * Reads a location as Spring Boot does: without a prefix it is the path of a file. A
	 * PEM document in the property itself is returned as it is.
	 */
	private static byte[] content(String location) throws IOException {
		if (PemContent.isPresentInText(location)) {
			return location.getBytes(StandardCharsets.UTF_8);
		}
		return ApplicationResourceLoader.get().getResource(location).getContentAsByteArray();
	}

	private static @Nullable SslBundle sslBundle(EtcdConnectionProperties properties, @Nullable SslBundles sslBundles) {
		String bundle = properties.getSsl().getBundle();
		boolean pem = properties.getCaCert() != null || properties.getCert() != null || properties.getKey() != null;
		if (bundle == null) {
			return pem ? pemBundle(properties) : null;
		}
		if (pem) {
			throw invalid(properties.path("ssl.bundle"), bundle,
					"Expected either an SSL bundle or PEM files (ca-cert, cert, key)," + " but both are set.");
		}
		try {
			if (sslBundles != null) {
				return sslBundles.getBundle(bundle);
			}
		}
		catch (NoSuchSslBundleException ex) {
			throw invalid(properties.path("ssl.bundle"), bundle,
					"Expected the name of a bundle defined under spring.ssl.bundle.");
		}
		throw invalid(properties.path("ssl.bundle"), bundle,
				"Expected Spring Boot's SSL bundles to be auto-configured.");
	}

	private static SslBundle pemBundle(EtcdConnectionProperties properties) {
		if (properties.getCert() == null && properties.getKey() != null) {
			throw invalid(properties.path("key"), properties.getKey(),
					"Expected spring.cloud.etcd." + properties.path("cert") + " to be set along with it.");
		}
		if (properties.getCert() != null && properties.getKey() == null) {
			throw invalid(properties.path("cert"), properties.getCert(),
					"Expected spring.cloud.etcd." + properties.path("key") + " to be set along with it.");
		}
		PemSslBundleProperties pem = new PemSslBundleProperties();
		if (properties.getCaCert() != null) {
			pem.getTruststore()
				.setCertificate(read(properties.path("ca-cert"), properties.getCaCert(), PemContent::getCertificates));
		}
		if (properties.getCert() != null && properties.getKey() != null) {
			pem.getKeystore()
				.setCertificate(read(properties.path("cert"), properties.getCert(), PemContent::getCertificates));
			pem.getKeystore()
				.setPrivateKey(read(properties.path("key"), properties.getKey(), (content) -> content.getPrivateKey()));
			pem.getKeystore().setVerifyKeys(true);
		}
		try {
			return PropertiesSslBundle.get(pem);
		}
		catch (IllegalStateException ex) {
			throw invalid(properties.path("key"), String.valueOf(properties.getKey()),
					"Expected the private key of the certificate in spring.cloud.etcd." + properties.path("cert")
							+ ".");
		}
	}

	/** Returns the content of a location, unchanged. */
	private static String read(String property, String location, Function<PemContent, @Nullable Object> reader) {
		String problem = "there is none in it";
		try {
			String text = new String(content(location), StandardCharsets.UTF_8);
			PemContent content = PemContent.of(text);
			if (content != null && reader.apply(content) != null) {
				return text;
			}
		}
		catch (IOException ex) {
			problem = "it cannot be read (" + ex.getClass().getSimpleName() + ")";
		}
		catch (RuntimeException ex) {
			problem = String.valueOf(ex.getMessage());
		}
		throw invalid(property, location, "Expected a PEM document, or the location of one, with a "
				+ (property.endsWith("key") ? "private key" : "certificate") + ", but " + problem + ".");
	}

}
