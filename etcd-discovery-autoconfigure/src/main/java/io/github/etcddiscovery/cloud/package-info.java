/**
 * Adapters between Spring Cloud's interfaces and the rooms below, and the one place that
 * knows when an application registers and leaves:
 * {@link io.github.etcddiscovery.cloud.EtcdAutoServiceRegistration}.
 */
@NullMarked
package io.github.etcddiscovery.cloud;

import org.jspecify.annotations.NullMarked;
