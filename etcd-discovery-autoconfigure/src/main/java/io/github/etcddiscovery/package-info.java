/**
 * Service registration and discovery over etcd for Spring. ARCHITECTURE.md describes the
 * packages.
 */
@NullMarked
package io.github.etcddiscovery;

import org.jspecify.annotations.NullMarked;
