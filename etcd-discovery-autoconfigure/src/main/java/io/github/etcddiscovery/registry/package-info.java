/**
 * The write side: makes etcd agree with the records that this process wants there, until
 * it is closed. Knows neither Spring nor jetcd.
 */
@NullMarked
package io.github.etcddiscovery.registry;

import org.jspecify.annotations.NullMarked;
