/**
 * Adapters between Spring Cloud's interfaces and the rooms below. No logic of their own.
 */
@NullMarked
package io.github.etcddiscovery.cloud;

import org.jspecify.annotations.NullMarked;
