package io.github.etcddiscovery.testsupport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;

/**
 * A certificate for 127.0.0.1, for server and client alike.
 *
 * @param authority PEM file with the certificate of who signed it
 * @param certificate PEM file
 * @param key PEM file with the private key
 */
public record TestCertificates(String authority, String certificate, String key) {

	/** Creates one, and an authority for it that signs nothing else. */
	public static TestCertificates create(Path folder) throws IOException, GeneralSecurityException {
		return new TestAuthority(folder).issue("test");
	}

	/** Writes a PEM file (RFC 7468). */
	public static String pem(Path file, String type, byte[] content) throws IOException {
		String base64 = Base64.getMimeEncoder(64, new byte[] { '\n' }).encodeToString(content);
		Files.writeString(file, "-----BEGIN " + type + "-----\n" + base64 + "\n-----END " + type + "-----\n");
		return file.toString();
	}

}
