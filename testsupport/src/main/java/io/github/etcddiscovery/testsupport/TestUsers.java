package io.github.etcddiscovery.testsupport;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.etcd.jetcd.Auth;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.auth.Permission;

import static io.github.etcddiscovery.testsupport.EtcdEyes.bytes;

/**
 * An etcd that asks who you are. Its user {@code orders}, password {@code pw}, has just
 * what a service of that name needs: to read all services, and to write its own. The user
 * {@code reader} may only read, {@code stranger} nothing.
 */
public final class TestUsers {

	private TestUsers() {
	}

	/** Starts one, with further flags of etcd's. */
	public static EtcdProcess startWithAuthentication(EtcdBinary binary, String... flags) {
		EtcdProcess etcd = EtcdProcess.startWith(binary, flags);
		enableAuthentication(etcd);
		return etcd;
	}

	/** Makes one ask who you are, and all members of its cluster with it. */
	public static void enableAuthentication(EtcdProcess etcd) {
		enableAuthentication(etcd.endpoint());
	}

	/** Makes the one at this endpoint ask, where {@code root} has the password root. */
	public static void enableAuthentication(String endpoint) {
		try (EtcdEyes eyes = new EtcdEyes(endpoint)) {
			Auth auth = eyes.client().getAuthClient();
			ByteSequence range = bytes("/services/");
			auth.userAdd(bytes("root"), bytes("root")).join();
			auth.roleAdd(bytes("root")).join();
			auth.userGrantRole(bytes("root"), bytes("root")).join();
			auth.userAdd(bytes("orders"), bytes("pw")).join();
			auth.roleAdd(bytes("orders")).join();
			auth.roleGrantPermission(bytes("orders"), range, bytes("/services0"), Permission.Type.READ).join();
			auth.roleGrantPermission(bytes("orders"), bytes("/services/orders/"), bytes("/services/orders0"),
					Permission.Type.READWRITE)
				.join();
			auth.userGrantRole(bytes("orders"), bytes("orders")).join();
			auth.userAdd(bytes("reader"), bytes("pw")).join();
			auth.roleAdd(bytes("reader")).join();
			auth.roleGrantPermission(bytes("reader"), range, bytes("/services0"), Permission.Type.READ).join();
			auth.userGrantRole(bytes("reader"), bytes("reader")).join();
			auth.userAdd(bytes("stranger"), bytes("pw")).join();
			auth.authEnable().orTimeout(10, TimeUnit.SECONDS).join();
		}
	}

	/**
	 * Returns etcd's flag for tokens that end at a time of their own, however often they
	 * are used; simple ones last as long as they are used.
	 */
	public static String jwt(Path folder, Duration ttl) throws IOException, GeneralSecurityException {
		KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
		generator.initialize(2048);
		KeyPair keys = generator.generateKeyPair();
		return "--auth-token=jwt,sign-method=RS256,pub-key=%s,priv-key=%s,ttl=%ds".formatted(
				TestCertificates.pem(folder.resolve("jwt.pub"), "PUBLIC KEY", keys.getPublic().getEncoded()),
				TestCertificates.pem(folder.resolve("jwt.key"), "PRIVATE KEY", keys.getPrivate().getEncoded()),
				ttl.toSeconds());
	}

}
