package io.github.etcddiscovery.testsupport;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import io.netty.pkitesting.X509Bundle;

/**
 * A certificate authority that signs certificates for servers and clients.
 */
public final class TestAuthority {

	/** The password of its key store. */
	public static final String PASSWORD = "changeit";

	private static final Duration VALIDITY = Duration.ofDays(30);

	private final Path folder;

	private final X509Bundle authority;

	private final String certificate;

	/** Creates one in an empty folder. */
	public TestAuthority(Path folder) throws IOException {
		this.folder = folder;
		this.authority = build(
				() -> valid("authority", Instant.now(), VALIDITY).setIsCertificateAuthority(true).buildSelfSigned());
		this.certificate = write("authority.crt", this.authority.getCertificatePEM());
	}

	/** Returns the path of its own certificate, a PEM file. */
	public String certificate() {
		return this.certificate;
	}

	/** Writes a key store with its own certificate, which a JVM can be told to trust. */
	public Path keyStore() throws IOException, GeneralSecurityException {
		Path file = this.folder.resolve("authority.p12");
		KeyStore keys = KeyStore.getInstance("PKCS12");
		keys.load(null, null);
		keys.setCertificateEntry("authority", this.authority.getCertificate());
		try (OutputStream out = Files.newOutputStream(file)) {
			keys.store(out, PASSWORD.toCharArray());
		}
		return file;
	}

	/**
	 * Signs a certificate for 127.0.0.1, for server and client alike, that is valid for
	 * thirty days.
	 * @param name the name of the files, not used before
	 */
	public TestCertificates issue(String name) throws IOException {
		return issue(name, Algorithm.ecp256, Instant.now(), VALIDITY);
	}

	/** Signs a certificate that is valid for this long from a moment on. */
	public TestCertificates issue(String name, Instant notBefore, Duration validity) throws IOException {
		return issue(name, Algorithm.ecp256, notBefore, validity);
	}

	/** Signs a certificate with an RSA key. */
	public TestCertificates issueRsa(String name) throws IOException {
		return issue(name, Algorithm.rsa2048, Instant.now(), VALIDITY);
	}

	/**
	 * Signs a certificate for a host name.
	 * @param name the host name, and the name of the files, not used before
	 */
	public TestCertificates issueFor(String name) throws IOException {
		return issue(name, valid(name, Instant.now(), VALIDITY).addSanDnsName(name));
	}

	private TestCertificates issue(String name, Algorithm algorithm, Instant notBefore, Duration validity)
			throws IOException {
		return issue(name, valid(name, notBefore, validity).algorithm(algorithm).addSanIpAddress("127.0.0.1"));
	}

	private TestCertificates issue(String name, CertificateBuilder certificate) throws IOException {
		X509Bundle issued = build(() -> certificate.addExtendedKeyUsageServerAuth()
			.addExtendedKeyUsageClientAuth()
			.buildIssuedBy(this.authority));
		return new TestCertificates(this.certificate, write(name + ".crt", issued.getCertificatePEM()),
				write(name + ".key", issued.getPrivateKeyPEM()));
	}

	private static CertificateBuilder valid(String name, Instant notBefore, Duration validity) {
		return new CertificateBuilder().subject("CN=" + name).notBefore(notBefore).notAfter(notBefore.plus(validity));
	}

	private String write(String name, String content) throws IOException {
		return Files.writeString(this.folder.resolve(name), content).toString();
	}

	private static X509Bundle build(Callable<X509Bundle> building) throws IOException {
		try {
			return building.call();
		}
		catch (Exception ex) {
			throw new IOException("No certificate could be created", ex);
		}
	}

}
