package io.github.etcddiscovery.sample;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * What this sample has of its own.
 *
 * @param port where to look for a free port to serve on; not used if {@code server.port}
 * is set
 * @param etcdPort where to host an etcd, or join one; not used if
 * {@code spring.cloud.etcd.endpoints} is set
 */
@ConfigurationProperties("sample")
record SampleProperties(int port, int etcdPort) {

}
