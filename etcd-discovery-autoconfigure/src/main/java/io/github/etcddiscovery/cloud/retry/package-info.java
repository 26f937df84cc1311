/**
 * Retries failed requests on another instance, within a budget.
 */
@NullMarked
package io.github.etcddiscovery.cloud.retry;

import org.jspecify.annotations.NullMarked;
