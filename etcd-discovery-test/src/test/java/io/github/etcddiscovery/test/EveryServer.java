package io.github.etcddiscovery.test;

import java.util.stream.Stream;

import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;

/**
 * A server of etcd's API to test: the embedded one, or a real one of some version. Fresh,
 * so that revisions can be told.
 */
record EveryServer(String name, Starter starter) {

	static Stream<EveryServer> all() {
		return Stream.concat(Stream.of(new EveryServer("embedded", () -> {
			EmbeddedEtcd etcd = EmbeddedEtcd.start();
			return new Running(etcd.endpoint(), etcd);
		})), EtcdBinary.found().stream().map((binary) -> new EveryServer(binary.toString(), () -> {
			EtcdProcess etcd = EtcdProcess.startWithDefaults(binary);
			return new Running(etcd.endpoint(), etcd);
		})));
	}

	Running start() {
		return this.starter.start();
	}

	@Override
	public String toString() {
		return this.name;
	}

	/**
	 * Starts a server.
	 */
	@FunctionalInterface
	interface Starter {

		Running start();

	}

	/**
	 * A server that runs.
	 */
	record Running(String endpoint, AutoCloseable server) implements AutoCloseable {

		@Override
		public void close() throws Exception {
			this.server.close();
		}

	}

}
