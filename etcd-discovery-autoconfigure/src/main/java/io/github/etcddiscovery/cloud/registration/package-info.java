/**
 * Registers the application, and deregisters it, at the right moments of its lifecycle.
 */
@NullMarked
package io.github.etcddiscovery.cloud.registration;

import org.jspecify.annotations.NullMarked;
