/**
 * The read side: lists, then watches, into an immutable snapshot that is read with one
 * volatile load. Knows neither Spring nor jetcd.
 */
@NullMarked
package io.github.etcddiscovery.view;

import org.jspecify.annotations.NullMarked;
