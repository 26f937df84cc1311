package io.github.etcddiscovery.testsupport;

import java.util.function.Function;

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
		this(EtcdProcess.startWith(binary, flags), EtcdEyes::new);
	}

	/** With somebody who may look into it. */
	protected EtcdApplicationTests(EtcdProcess etcd, Function<String, EtcdEyes> eyes) {
		this.etcd = etcd;
		this.eyes = eyes.apply(etcd.endpoint());
		this.applications = new TestApplications(etcd.endpoint());
	}

	/** Comes after what tests have to close themselves. */
	@AfterEach
	void closeAll() {
		this.applications.close();
		this.eyes.close();
		this.etcd.close();
	}

}
