package io.github.etcddiscovery.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;

/**
 * A certificate authority, made with the JDK's keytool, that signs certificates for
 * servers and clients.
 */
public final class TestAuthority {

	/** Of its key stores. */
	public static final String PASSWORD = "changeit";

	private final Path folder;

	private final String certificate;

	/** Creates one in a folder that is empty. */
	public TestAuthority(Path folder) throws IOException, GeneralSecurityException {
		this.folder = folder;
		keytool("authority", "-genkeypair", "-alias", "own", "-keyalg", "EC", "-dname", "CN=authority", "-ext",
				"bc=ca:true", "-validity", "30");
		this.certificate = TestCertificates.pem(folder.resolve("authority.crt"), "CERTIFICATE",
				load("authority").getCertificate("own").getEncoded());
	}

	/** Its own certificate, a PEM file. */
	public String certificate() {
		return this.certificate;
	}

	/** A key store with its own certificate, which a JVM can be told to trust. */
	public Path keyStore() {
		return this.folder.resolve("authority.p12");
	}

	/**
	 * Signs a certificate for 127.0.0.1, for server and client alike.
	 * @param name of the files, not used yet
	 * @param options of keytool for the signature, such as {@code -validity 3}
	 */
	public TestCertificates issue(String name, String... options) throws IOException, GeneralSecurityException {
		return issueFor("EC", name, options);
	}

	/** Signs a certificate with a key of another kind, {@code RSA} or {@code EC}. */
	public TestCertificates issueFor(String algorithm, String name, String... options)
			throws IOException, GeneralSecurityException {
		keytool(name, "-genkeypair", "-alias", "own", "-keyalg", algorithm, "-dname", "CN=" + name);
		String request = this.folder.resolve(name + ".csr").toString();
		String signed = this.folder.resolve(name + ".signed").toString();
		keytool(name, "-certreq", "-alias", "own", "-file", request);
		List<String> signing = new ArrayList<>(List.of("-gencert", "-alias", "own", "-infile", request, "-outfile",
				signed, "-rfc", "-ext", "san=ip:127.0.0.1", "-ext", "eku=serverAuth,clientAuth"));
		signing.addAll(List.of(options));
		keytool("authority", signing.toArray(String[]::new));
		String key = TestCertificates.pem(this.folder.resolve(name + ".key"), "PRIVATE KEY",
				load(name).getKey("own", PASSWORD.toCharArray()).getEncoded());
		return new TestCertificates(this.certificate, signed, key);
	}

	private KeyStore load(String name) throws IOException, GeneralSecurityException {
		KeyStore keys = KeyStore.getInstance("PKCS12");
		try (InputStream in = Files.newInputStream(this.folder.resolve(name + ".p12"))) {
			keys.load(in, PASSWORD.toCharArray());
		}
		return keys;
	}

	private void keytool(String store, String... arguments) throws IOException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
		command.addAll(List.of(arguments));
		command.addAll(List.of("-storetype", "PKCS12", "-keystore", this.folder.resolve(store + ".p12").toString(),
				"-storepass", PASSWORD));
		Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
		String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		Programs.awaitEnd(keytool);
		if (keytool.exitValue() != 0) {
			throw new IOException(String.join(" ", command) + ": " + output);
		}
	}

}
