/**
 * Auto-configuration for Spring Cloud Gateway Server WebMVC.
 */
@NullMarked
package io.github.etcddiscovery.autoconfigure.gateway;

import org.jspecify.annotations.NullMarked;
