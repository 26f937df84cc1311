package io.github.etcddiscovery.grpc;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import io.github.etcddiscovery.support.LimitedLog;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.NameResolver.ServiceConfigParser;
import io.grpc.Status;
import io.grpc.internal.AutoConfiguredLoadBalancerFactory;
import io.grpc.internal.ScParser;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link PublishedServiceConfig} with gRPC's own parser.
 */
@ExtendWith(OutputCaptureExtension.class)
class PublishedServiceConfigTests {

	private static final String SHORT = "{\"methodConfig\":[{\"name\":[{}],\"timeout\":\"1s\"}]}";

	private static final String LONG = "{\"methodConfig\":[{\"name\":[{}],\"timeout\":\"60s\"}]}";

	private static final String ONE_SECOND = "timeoutNanos=1000000000";

	private static final String A_MINUTE = "timeoutNanos=60000000000";

	private final PublishedServiceConfig published = new PublishedServiceConfig("stock",
			new ScParser(true, 5, 5, new AutoConfiguredLoadBalancerFactory("pick_first")),
			new LimitedLog(LoggerFactory.getLogger(PublishedServiceConfig.class), System::nanoTime));

	@Test
	void serviceThatPublishesNoneHasNone() {
		assertThat(of("", "")).isNull();
		assertThat(this.published.of(List.of())).isNull();
	}

	@Test
	void configThatAllInstancesPublishIsUsed() {
		assertThat(of(SHORT, SHORT)).contains(ONE_SECOND);
	}

	@Test
	void oneInstanceOfSeveralChangesNothing() {
		assertThat(of(SHORT, "", "")).isNull();
		assertThat(of(SHORT, LONG, LONG)).contains(A_MINUTE);
	}

	@Test
	void configInUseStaysWhenAnotherIsEquallyFrequent() {
		assertThat(of("", SHORT)).isNull();
		assertThat(of(SHORT, "")).isNull();
		assertThat(of(SHORT, LONG)).contains(ONE_SECOND);
		assertThat(of(LONG, SHORT)).contains(ONE_SECOND);
		assertThat(of(LONG, LONG, SHORT, SHORT, "")).contains(ONE_SECOND);
		assertThat(of(LONG, LONG, SHORT)).contains(A_MINUTE);
	}

	@Test
	void configThatGoesIsNotUsedAnyMore() {
		assertThat(of(SHORT)).isNotNull();
		assertThat(of("")).isNull();
	}

	@Test
	void sameTextIsParsedOnce() {
		List<ServiceInstance> instances = instances(SHORT);
		assertThat(this.published.of(instances)).isSameAs(this.published.of(instances(SHORT, SHORT)));
	}

	@Test
	void textThatGrpcDoesNotAcceptIsParsedOnce() {
		AtomicInteger parsed = new AtomicInteger();
		PublishedServiceConfig counting = new PublishedServiceConfig("stock", new ServiceConfigParser() {

			@Override
			public ConfigOrError parseServiceConfig(Map<String, ?> config) {
				parsed.incrementAndGet();
				return ConfigOrError.fromError(Status.INVALID_ARGUMENT);
			}

		}, new LimitedLog(LoggerFactory.getLogger(PublishedServiceConfig.class), System::nanoTime));
		assertThat(counting.of(instances(SHORT))).isNull();
		assertThat(counting.of(instances(SHORT, SHORT))).isNull();
		assertThat(parsed).hasValue(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "what is this", "[]", "null", "{", "{\"methodConfig\":5}",
			"{\"methodConfig\":[{\"name\":[{}],\"timeout\":\"soon\"}]}" })
	void configThatGrpcDoesNotAcceptIsReportedAndTheLastGoodOneStays(String text, CapturedOutput output) {
		assertThat(of(text)).as("none before").isNull();
		assertThat(of(SHORT)).contains(ONE_SECOND);
		assertThat(of(text)).contains(ONE_SECOND);
		assertThat(of("")).isNull();
		assertThat(output).contains("Invalid metadata gRPC_service_config of stock '" + text
				+ "': expected a service config as JSON that gRPC for Java accepts");
	}

	@Test
	void numbersListsAndObjectsAreReadAsGrpcWritesThem() {
		String config = of("""
				{"methodConfig": [{"name": [{"service": "stock.Stock", "method": "Name"}], "waitForReady": true,
				"retryPolicy": {"maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
				"retryableStatusCodes": ["UNAVAILABLE"]}}], "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.5},
				"healthCheckConfig": {"serviceName": ""}}""");
		assertThat(config).contains("stock.Stock/Name", "maxAttempts=3", "backoffMultiplier=2.0", "waitForReady=true");
	}

	@Test
	void loadBalancingPolicyStaysThatOfTheClient() {
		String config = of("""
				{"loadBalancingConfig": [{"round_robin": {}}], "loadBalancingPolicy": "ROUND_ROBIN",
				"methodConfig": [{"name": [{}], "timeout": "1s"}]}""");
		assertThat(config).contains(ONE_SECOND, "loadBalancingConfig=null");
	}

	@Test
	void deepConfigDoesNoHarm() {
		String deep = "{\"a\":" + "[".repeat(2_000) + "]".repeat(2_000) + "}";
		assertThat(of(deep, deep)).satisfiesAnyOf((config) -> assertThat(config).isNull(),
				(config) -> assertThat(config).doesNotContain("[[["));
	}

	private @Nullable String of(String... texts) {
		ConfigOrError config = this.published.of(instances(texts));
		return (config != null) ? String.valueOf(config.getConfig()) : null;
	}

	private static List<ServiceInstance> instances(String... texts) {
		return Stream.of(texts)
			.<ServiceInstance>map((text) -> new DefaultServiceInstance("1", "stock", "10.0.0.5", 9090, false,
					text.isEmpty() ? Map.of() : Map.of("gRPC_service_config", text)))
			.toList();
	}

}
