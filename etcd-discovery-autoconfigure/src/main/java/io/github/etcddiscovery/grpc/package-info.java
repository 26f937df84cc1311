/**
 * For applications that speak gRPC: the port of Spring gRPC's server, and a name resolver
 * over the view for its clients. Beside {@code client} the only package that knows gRPC.
 */
@NullMarked
package io.github.etcddiscovery.grpc;

import org.jspecify.annotations.NullMarked;
