/**
 * The last view in a file, for a start without etcd.
 */
@NullMarked
package io.github.etcddiscovery.snapshot;

import org.jspecify.annotations.NullMarked;
