package io.github.etcddiscovery.client;

import org.jspecify.annotations.Nullable;

/**
 * What became of a guarded write.
 *
 * @param applied whether the guard held and the write took effect
 * @param revision etcd's revision after it
 * @param current if the guard did not hold: what is there instead, {@code null} if
 * nothing
 */
public record WriteResult(boolean applied, long revision, @Nullable KeyValue current) {

}
