package io.github.etcddiscovery.testsupport;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link EtcdProcess}.
 */
@OnEveryEtcd
class EtcdProcessTests {

	private final EtcdBinary binary;

	EtcdProcessTests(EtcdBinary binary) {
		this.binary = binary;
	}

	@Test
	void etcdThatDoesNotServeSaysWhy() {
		assertThatIllegalStateException().isThrownBy(() -> EtcdProcess.startWith(this.binary, "--no-such-flag"))
			.withMessageContaining("no-such-flag");
	}

}
