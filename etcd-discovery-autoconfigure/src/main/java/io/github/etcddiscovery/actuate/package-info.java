/**
 * What can be seen from outside. Reads what the other rooms know; does no I/O.
 */
@NullMarked
package io.github.etcddiscovery.actuate;

import org.jspecify.annotations.NullMarked;
