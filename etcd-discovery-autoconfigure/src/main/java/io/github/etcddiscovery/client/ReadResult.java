package io.github.etcddiscovery.client;

import org.jspecify.annotations.Nullable;

/**
 * What a read of one key found.
 *
 * @param revision etcd's revision when it answered
 * @param current the key's content, {@code null} if there is no such key
 */
public record ReadResult(long revision, @Nullable KeyValue current) {

}
