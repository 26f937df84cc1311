/**
 * Feeds Spring Cloud LoadBalancer from the view, and chooses among the instances.
 */
@NullMarked
package io.github.etcddiscovery.cloud.loadbalancer;

import org.jspecify.annotations.NullMarked;
