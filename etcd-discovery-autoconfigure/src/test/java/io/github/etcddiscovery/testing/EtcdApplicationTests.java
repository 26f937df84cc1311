package io.github.etcddiscovery.testing;

import org.junit.jupiter.api.AfterEach;

/**
 * Tests of applications on an etcd of their own, which they look into.
 */
public abstract class EtcdApplicationTests {

	protected final EtcdProcess etcd;

	protected final EtcdEyes eyes;

	protected final TestApplications applications;

	/** With further flags of etcd's. */
	protected EtcdApplicationTests(EtcdBinary binary, String... flags) {
		this.etcd = EtcdProcess.startWith(binary, flags);
		this.eyes = new EtcdEyes(this.etcd.endpoint());
		this.applications = new TestApplications(this.etcd.endpoint());
	}

	/** Comes after what tests have to close themselves. */
	@AfterEach
	void closeAll() {
		this.applications.close();
		this.eyes.close();
		this.etcd.close();
	}

}
