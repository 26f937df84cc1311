package io.github.etcddiscovery.client;

/**
 * One change of one key.
 *
 * @param deleted whether the key was deleted; otherwise it was put
 * @param keyValue the key after the change; of a deleted one only key and revision
 */
public record WatchEvent(boolean deleted, KeyValue keyValue) {

}
