package io.github.etcddiscovery.integration;

import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.annotation.Bean;

/**
 * In docs/containers.md.
 */
@TestConfiguration(proxyBeanMethods = false)
class EtcdContainers {

	@Bean
	@ServiceConnection("etcd")
	GenericContainer<?> etcd() {
		return new GenericContainer<>("quay.io/coreos/etcd:v3.7.3")
			.withCommand("etcd", "--listen-client-urls=http://0.0.0.0:2379",
					"--advertise-client-urls=http://0.0.0.0:2379")
			.withExposedPorts(2379)
			.waitingFor(Wait.forLogMessage(".*ready to serve client requests.*", 1));
	}

}
