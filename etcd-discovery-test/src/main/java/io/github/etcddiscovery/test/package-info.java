/**
 * An etcd in memory, for tests and first runs.
 */
@NullMarked
package io.github.etcddiscovery.test;

import org.jspecify.annotations.NullMarked;
