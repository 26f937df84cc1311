/**
 * Values and wire formats: what an instance is, where it is kept and how it is written.
 * Depends on the JDK and Jackson only.
 */
@NullMarked
package io.github.etcddiscovery.instance;

import org.jspecify.annotations.NullMarked;
