package io.github.etcddiscovery.client;

import java.time.Duration;

/**
 * A lease as etcd granted it.
 *
 * @param id its id, never 0
 * @param ttl the time to live granted, which may be longer than the one asked for
 */
public record Lease(long id, Duration ttl) {

}
