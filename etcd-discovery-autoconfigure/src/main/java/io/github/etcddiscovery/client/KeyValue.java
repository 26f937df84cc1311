package io.github.etcddiscovery.client;

/**
 * A key and what etcd holds under it.
 *
 * @param key the key, as {@link io.github.etcddiscovery.instance.KeyText} reads it: bytes
 * that are not UTF-8 are unpaired surrogates, and a key of more than 2,048 bytes is its
 * beginning and a digest
 * @param value the value; not to be changed
 * @param modRevision the revision of its last change
 * @param leaseId the lease it is attached to, 0 for none
 */
public record KeyValue(String key, byte[] value, long modRevision, long leaseId) {

}
