package io.github.etcddiscovery.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;

/**
 * A self-signed certificate for 127.0.0.1, for server and client alike, made with the
 * JDK's keytool.
 *
 * @param certificate PEM file
 * @param key PEM file with the private key
 */
public record TestCertificates(String certificate, String key) {

	private static final String PASSWORD = "changeit";

	public static TestCertificates create(Path folder) throws IOException, GeneralSecurityException {
		Path store = folder.resolve("store.p12");
		Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-alias", "test", "-keyalg", "EC", "-dname", "CN=test", "-ext", "san=ip:127.0.0.1",
				"-ext", "eku=serverAuth,clientAuth", "-ext", "bc=ca:true", "-validity", "2", "-storetype", "PKCS12",
				"-keystore", store.toString(), "-storepass", PASSWORD)
			.redirectErrorStream(true)
			.start();
		String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		KeyStore keys = KeyStore.getInstance("PKCS12");
		try (InputStream in = Files.newInputStream(store)) {
			keys.load(in, PASSWORD.toCharArray());
		}
		catch (IOException ex) {
			throw new IOException(output, ex);
		}
		return new TestCertificates(
				pem(folder.resolve("test.crt"), "CERTIFICATE", keys.getCertificate("test").getEncoded()),
				pem(folder.resolve("test.key"), "PRIVATE KEY",
						keys.getKey("test", PASSWORD.toCharArray()).getEncoded()));
	}

	static String pem(Path file, String type, byte[] content) throws IOException {
		String base64 = Base64.getMimeEncoder(64, new byte[] { '\n' }).encodeToString(content);
		Files.writeString(file, "-----BEGIN " + type + "-----\n" + base64 + "\n-----END " + type + "-----\n");
		return file.toString();
	}

}
