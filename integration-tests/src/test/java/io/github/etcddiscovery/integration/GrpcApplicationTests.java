package io.github.etcddiscovery.integration;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.google.protobuf.Empty;
import com.google.protobuf.StringValue;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.grpc.client.GrpcChannelFactory;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Applications that serve and call over Spring gRPC.
 */
@RequiresEtcd
abstract class GrpcApplicationTests extends EtcdApplicationTests {

	static final Duration SOON = Duration.ofSeconds(15);

	static final String STOCK = "/services/stock/";

	/** Answers with the name of the instance. */
	static final MethodDescriptor<Empty, StringValue> NAME = MethodDescriptor.<Empty, StringValue>newBuilder()
		.setType(MethodDescriptor.MethodType.UNARY)
		.setFullMethodName("stock.Stock/Name")
		.setRequestMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
		.setResponseMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
		.build();

	GrpcApplicationTests() {
		super(EtcdBinary.newest());
	}

	ConfigurableApplicationContext stock(String name, String... properties) {
		return stock(StockApplication.class, name, properties);
	}

	ConfigurableApplicationContext stock(Class<?> application, String name, String... properties) {
		ConfigurableApplicationContext stock = Stock.start(this.applications, application, "stock",
				Stream
					.concat(Stream.of("spring.main.web-application-type=none", "spring.grpc.server.port=0",
							"spring.cloud.etcd.discovery.drain=500ms", "instance=" + name), Stream.of(properties))
					.toArray(String[]::new));
		await().atMost(SOON).until(() -> !this.eyes.all(STOCK).isEmpty());
		return stock;
	}

	ConfigurableApplicationContext caller(String... properties) {
		return caller(CallerApplication.class, properties);
	}

	ConfigurableApplicationContext caller(Class<?> application, String... properties) {
		return Stock.start(this.applications, application, "caller",
				Stream
					.concat(Stream.of("spring.main.web-application-type=none",
							"spring.cloud.etcd.discovery.register=false"), Stream.of(properties))
					.toArray(String[]::new));
	}

	static Channel channel(ConfigurableApplicationContext caller, String target) {
		return caller.getBean(GrpcChannelFactory.class).createChannel(target);
	}

	static int grpcPort(ConfigurableApplicationContext stock) {
		return stock.getBean(GrpcServerLifecycle.class).getPort();
	}

	static void reaches(Channel channel, String... instances) {
		await().atMost(SOON)
			.ignoreExceptions()
			.untilAsserted(() -> assertThat(reached(channel)).containsExactlyInAnyOrder(instances));
	}

	/** Who answers four calls. */
	static Set<String> reached(Channel channel) {
		return IntStream.range(0, 4).mapToObj((i) -> call(channel)).collect(Collectors.toCollection(HashSet::new));
	}

	static void failsWith(Channel channel, String description) {
		assertThatExceptionOfType(StatusRuntimeException.class).isThrownBy(() -> call(channel))
			.satisfies((ex) -> assertThat(ex.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE))
			.withMessageContaining(description);
	}

	static String call(Channel channel) {
		return ClientCalls
			.blockingUnaryCall(channel, NAME, CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS),
					Empty.getDefaultInstance())
			.getValue();
	}

	/** A service that speaks gRPC. */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class StockApplication {

		@Bean
		BindableService stock(Environment environment) {
			Supplier<String> name = () -> environment.getRequiredProperty("instance");
			return () -> ServerServiceDefinition.builder("stock.Stock")
				.addMethod(NAME, ServerCalls.asyncUnaryCall((request, response) -> {
					response.onNext(StringValue.of(name.get()));
					response.onCompleted();
				}))
				.build();
		}

	}

	/** Calls it. */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class CallerApplication {

	}

}
