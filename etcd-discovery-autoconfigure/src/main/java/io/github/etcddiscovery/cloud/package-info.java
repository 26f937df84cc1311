/**
 * Types that registration, discovery and the actuator share.
 */
@NullMarked
package io.github.etcddiscovery.cloud;

import org.jspecify.annotations.NullMarked;
