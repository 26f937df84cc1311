package io.github.etcddiscovery.integration;

import io.grpc.health.v1.HealthGrpc;

import org.springframework.context.annotation.Configuration;
import org.springframework.grpc.client.ImportGrpcClients;

/**
 * In docs/grpc.md.
 */
@Configuration(proxyBeanMethods = false)
@ImportGrpcClients(target = "stock", types = HealthGrpc.HealthBlockingStub.class)
class StockClients {

}
