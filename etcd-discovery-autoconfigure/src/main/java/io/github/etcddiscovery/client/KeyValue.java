package io.github.etcddiscovery.client;

/**
 * A key and what etcd holds under it.
 *
 * @param key the key; bytes that are not UTF-8 are shown as replacement characters
 * @param value the value; not to be changed
 * @param modRevision the revision of its last change
 * @param leaseId the lease it is attached to, 0 for none
 */
public record KeyValue(String key, byte[] value, long modRevision, long leaseId) {

}
