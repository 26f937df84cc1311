/**
 * Auto-configuration for clients of Spring gRPC.
 */
@NullMarked
package io.github.etcddiscovery.autoconfigure.grpc;

import org.jspecify.annotations.NullMarked;
