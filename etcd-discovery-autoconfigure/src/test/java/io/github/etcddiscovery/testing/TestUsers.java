package io.github.etcddiscovery.testing;

import java.util.concurrent.TimeUnit;

import io.etcd.jetcd.Auth;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.auth.Permission;

import static io.github.etcddiscovery.testing.EtcdEyes.bytes;

/**
 * An etcd that asks who you are. Its user {@code orders}, password {@code pw}, has just
 * what a service of that name needs: to read all services, and to write its own. The user
 * {@code reader} may only read, {@code stranger} nothing.
 */
public final class TestUsers {

	private TestUsers() {
	}

	public static EtcdProcess startWithAuthentication(EtcdBinary binary) {
		EtcdProcess etcd = EtcdProcess.start(binary);
		try (EtcdEyes eyes = new EtcdEyes(etcd.endpoint())) {
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
		return etcd;
	}

}
