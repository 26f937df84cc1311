/**
 * Routes of Spring Cloud Gateway Server WebMVC to the services found in etcd.
 */
@NullMarked
package io.github.etcddiscovery.cloud.gateway;

import org.jspecify.annotations.NullMarked;
