/**
 * What the rooms share and the JDK lacks: a thread for a state machine, and somebody who
 * measures what it does.
 */
@NullMarked
package io.github.etcddiscovery.support;

import org.jspecify.annotations.NullMarked;
