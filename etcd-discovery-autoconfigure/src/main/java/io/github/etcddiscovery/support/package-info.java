/**
 * What the rooms share and the JDK lacks: a thread for a state machine.
 */
@NullMarked
package io.github.etcddiscovery.support;

import org.jspecify.annotations.NullMarked;
