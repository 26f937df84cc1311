/**
 * What images of etcd have in common, whoever runs them.
 */
@NullMarked
package io.github.etcddiscovery.docker;

import org.jspecify.annotations.NullMarked;
