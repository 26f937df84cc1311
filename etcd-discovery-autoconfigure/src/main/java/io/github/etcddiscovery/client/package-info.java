/**
 * The only room that knows jetcd and gRPC: one narrow interface to etcd, in which every
 * call has a deadline, every error is sorted, and the connection is looked after.
 */
@NullMarked
package io.github.etcddiscovery.client;

import org.jspecify.annotations.NullMarked;
