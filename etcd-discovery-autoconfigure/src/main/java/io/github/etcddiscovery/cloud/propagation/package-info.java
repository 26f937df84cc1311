/**
 * Copies the headers that select instances from an incoming request to the requests that
 * are sent because of it.
 */
@NullMarked
package io.github.etcddiscovery.cloud.propagation;

import org.jspecify.annotations.NullMarked;
