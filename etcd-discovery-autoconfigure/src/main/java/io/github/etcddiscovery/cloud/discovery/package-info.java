/**
 * Spring Cloud's discovery clients and events, over the in-memory view.
 */
@NullMarked
package io.github.etcddiscovery.cloud.discovery;

import org.jspecify.annotations.NullMarked;
