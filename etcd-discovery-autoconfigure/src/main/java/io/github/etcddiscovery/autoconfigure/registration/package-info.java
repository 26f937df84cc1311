/**
 * Auto-configuration that registers the application: its properties, the advertised host,
 * and refreshes.
 */
@NullMarked
package io.github.etcddiscovery.autoconfigure.registration;

import org.jspecify.annotations.NullMarked;
