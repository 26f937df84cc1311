package io.github.etcddiscovery.faults;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.etcd.jetcd.Auth;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.auth.Permission;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.EtcdVersions;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import io.github.etcddiscovery.testsupport.TcpProxy;
import io.github.etcddiscovery.testsupport.TestUsers;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static io.github.etcddiscovery.testsupport.EtcdEyes.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * etcd asks who they are, and does not always like the answer.
 */
@OnEveryEtcd(EtcdVersions.MAINTAINED)
@Tag("slow")
class PermissionFaultTests {

	private static final String KEY = Subject.PREFIX + "orders/10.0.0.5:8080";

	private static final Duration SOON = Duration.ofSeconds(30);

	/** A refused call is repeated a second later than one that found no answer. */
	private static final Duration BOUND = Duration.ofSeconds(4);

	private static final ByteSequence USER = bytes("orders");

	private final EtcdBinary binary;

	PermissionFaultTests(EtcdBinary binary) {
		this.binary = binary;
	}

	@Test
	void tokensExpireWhileTheyAreUsed(@TempDir Path folder) throws Exception {
		try (EtcdProcess etcd = TestUsers.startWithAuthentication(this.binary,
				TestUsers.jwt(folder, Duration.ofSeconds(2))); Setup setup = new Setup(etcd)) {
			long before = setup.eyes.get(KEY).getModRevision();
			await().pollDelay(Subject.TTL.ttl().multipliedBy(3)).atMost(SOON).until(setup.subject::isCurrent);
			setup.untilAWriteIsSeen();
			setup.proxy.cut();
			setup.untilAWriteIsSeen();
			setup.assertAllIsWell();
			assertThat(setup.eyes.get(KEY).getModRevision()).as("R2: it never went").isEqualTo(before);
		}
	}

	@Test
	void tokenExpiresWhileCutOff() throws Exception {
		try (EtcdProcess etcd = TestUsers.startWithAuthentication(this.binary, "--auth-token-ttl=1");
				Setup setup = new Setup(etcd)) {
			long before = setup.eyes.get(KEY).getModRevision();
			Measurements.measure("tokenExpiresWhileCutOff", this.binary, BOUND, () -> {
				setup.proxy.setRefusing(true);
				await().pollDelay(Duration.ofSeconds(2)).atMost(SOON).until(() -> true);
				setup.proxy.setRefusing(false);
				Duration current = setup.untilAWriteIsSeen();
				setup.subject.awaitRenewed();
				return current;
			});
			setup.assertAllIsWell();
			assertThat(setup.eyes.get(KEY).getModRevision()).as("R2: it never went").isEqualTo(before);
		}
	}

	@Test
	void passwordChangedAndChangedBack() throws Exception {
		try (EtcdProcess etcd = TestUsers.startWithAuthentication(this.binary); Setup setup = new Setup(etcd)) {
			Measurements.measure("passwordChangedAndChangedBack", this.binary, BOUND, () -> {
				done(setup.auth().userChangePassword(USER, bytes("other")));
				setup.proxy.cut();
				setup.awaitRefused(Reason.UNAUTHENTICATED);
				assertThat(setup.subject.view().catalog().available("orders")).as("V7: served all the same")
					.isNotEmpty();
				done(setup.auth().userChangePassword(USER, bytes("pw")));
				return setup.untilAWriteIsSeen();
			});
			setup.assertAllIsWell();
		}
	}

	@Test
	void permissionToReadWithdrawnAndGivenBack() throws Exception {
		try (EtcdProcess etcd = TestUsers.startWithAuthentication(this.binary); Setup setup = new Setup(etcd)) {
			ByteSequence from = bytes("/services/");
			ByteSequence to = bytes("/services0");
			Measurements.measure("permissionToReadWithdrawnAndGivenBack", this.binary, BOUND, () -> {
				done(setup.auth().roleRevokePermission(USER, from, to));
				setup.proxy.cut();
				setup.awaitRefused(Reason.PERMISSION_DENIED);
				assertThat(setup.subject.view().catalog().available("orders")).as("V7: served all the same")
					.isNotEmpty();
				done(setup.auth().roleGrantPermission(USER, from, to, Permission.Type.READ));
				return setup.untilAWriteIsSeen();
			});
			setup.assertAllIsWell();
		}
	}

	private static void done(CompletableFuture<?> change) {
		change.orTimeout(10, TimeUnit.SECONDS).join();
	}

	/**
	 * A registrar and a view that log in as {@code orders}, and a look at etcd as root.
	 */
	private static final class Setup implements AutoCloseable {

		private final EtcdEyes eyes;

		private final TcpProxy proxy;

		private final Subject subject;

		Setup(EtcdProcess etcd) {
			this.eyes = EtcdEyes.asRoot(etcd.endpoint());
			this.proxy = TcpProxy.to(etcd.endpoint());
			this.subject = new Subject(KEY,
					EtcdClientOptions.of(this.proxy.endpoint()).withCredentials("orders", "pw"));
		}

		Auth auth() {
			return this.eyes.client().getAuthClient();
		}

		void awaitRefused(Reason reason) {
			this.subject.awaitStale();
			await().atMost(SOON)
				.until(() -> this.subject.client()
					.entries(Subject.PREFIX)
					.handle((found, error) -> error != null && EtcdException.from(error).reason() == reason)
					.join());
			assertThat(this.subject.isCurrent()).isFalse();
		}

		Duration untilAWriteIsSeen() {
			return this.subject.untilAWriteIsSeen(this.eyes);
		}

		void assertAllIsWell() {
			this.subject.assertAllIsWell(this.eyes);
			assertThat(this.subject.view().catalog().epoch()).as("V3: the history is the same").isEqualTo(1);
		}

		@Override
		public void close() {
			this.subject.close();
			this.proxy.close();
			this.eyes.close();
		}

	}

}
