/**
 * What Docker Compose and Testcontainers share: how the images of etcd are configured.
 */
@NullMarked
package io.github.etcddiscovery.docker;

import org.jspecify.annotations.NullMarked;
