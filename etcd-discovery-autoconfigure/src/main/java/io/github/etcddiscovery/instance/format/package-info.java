/**
 * The formats in which instances stand in etcd, and the rules that hold in all of them.
 */
@NullMarked
package io.github.etcddiscovery.instance.format;

import org.jspecify.annotations.NullMarked;
