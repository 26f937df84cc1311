/**
 * Explains why an application could not start.
 */
@NullMarked
package io.github.etcddiscovery.autoconfigure.diagnostics;

import org.jspecify.annotations.NullMarked;
