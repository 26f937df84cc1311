package io.github.etcddiscovery.test;

import java.util.ArrayList;
import java.util.List;

import io.github.etcddiscovery.testsupport.LoopbackPorts;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which server a test gets by the extension, and when that ends.
 */
class EmbeddedEtcdExtensionTests {

	@Nested
	@ExtendWith(EmbeddedEtcdExtension.class)
	class OneForEachTest {

		private static final List<EmbeddedEtcd> former = new ArrayList<>();

		private final EmbeddedEtcd ofTheConstructor;

		private EmbeddedEtcd ofBeforeEach;

		OneForEachTest(EmbeddedEtcd etcd) {
			this.ofTheConstructor = etcd;
		}

		@BeforeEach
		void remember(EmbeddedEtcd etcd) {
			this.ofBeforeEach = etcd;
		}

		@Test
		void firstTestHasAServerOfItsOwn(EmbeddedEtcd etcd) {
			assertThatItIsMine(etcd);
		}

		@Test
		void secondTestHasAServerOfItsOwn(EmbeddedEtcd etcd) {
			assertThatItIsMine(etcd);
		}

		private void assertThatItIsMine(EmbeddedEtcd etcd) {
			assertThat(etcd).isSameAs(this.ofTheConstructor).isSameAs(this.ofBeforeEach);
			assertThat(LoopbackPorts.listens(etcd.port())).isTrue();
			assertThat(former).doesNotContain(etcd).noneMatch((stopped) -> LoopbackPorts.listens(stopped.port()));
			former.add(etcd);
		}

	}

	@Nested
	@ExtendWith(EmbeddedEtcdExtension.class)
	class OneForAllTests {

		private static EmbeddedEtcd shared;

		@BeforeAll
		static void share(EmbeddedEtcd etcd) {
			shared = etcd;
		}

		@Test
		void firstTestHasTheSharedOne(EmbeddedEtcd etcd) {
			assertThat(etcd).isSameAs(shared);
		}

		@Test
		void secondTestHasTheSharedOne(EmbeddedEtcd etcd) {
			assertThat(etcd).isSameAs(shared);
			assertThat(LoopbackPorts.listens(etcd.port())).isTrue();
		}

	}

}
