/**
 * What registration, discovery and load balancing have in common.
 */
@NullMarked
package io.github.etcddiscovery.cloud;

import org.jspecify.annotations.NullMarked;
