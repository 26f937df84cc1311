/**
 * Several clusters of etcd behind one catalog.
 */
@NullMarked
package io.github.etcddiscovery.cluster;

import org.jspecify.annotations.NullMarked;
