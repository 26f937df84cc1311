/**
 * Auto-configuration for Spring Cloud LoadBalancer.
 */
@NullMarked
package io.github.etcddiscovery.autoconfigure.loadbalancer;

import org.jspecify.annotations.NullMarked;
