/**
 * Auto-configuration of the actuator's endpoints and meters.
 */
@NullMarked
package io.github.etcddiscovery.autoconfigure.actuate;

import org.jspecify.annotations.NullMarked;
