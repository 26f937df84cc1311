package io.github.etcddiscovery.autoconfigure;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.env.DefaultPropertiesPropertySource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link DefaultsEnvironmentPostProcessor}.
 */
class DefaultsEnvironmentPostProcessorTests {

	private static final String CACHE = "spring.cloud.loadbalancer.cache.enabled";

	private static final String WIRE = "logging.level.io.grpc.netty.NettyClientHandler";

	private static final String JETCD = "logging.level.io.etcd.jetcd.impl";

	private static final String CAFFEINE = DefaultsEnvironmentPostProcessor.CAFFEINE_WARNING;

	private final StandardEnvironment environment = new StandardEnvironment();

	private void process(Map<String, Object> properties) {
		this.environment.getPropertySources().addFirst(new MapPropertySource("test", properties));
		new DefaultsEnvironmentPostProcessor().postProcessEnvironment(this.environment, new SpringApplication());
	}

	@Test
	void whereEtcdIsUsedThereIsNoCacheAndNoPasswordInTheLog() {
		process(Map.of());
		assertThat(this.environment.getProperty(CACHE)).isEqualTo("false");
		assertThat(this.environment.getProperty(WIRE)).isEqualTo("info");
		assertThat(this.environment.getProperty(JETCD)).isEqualTo("error");
		assertThat(this.environment.getProperty(CAFFEINE)).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.cloud.discovery.enabled", "spring.cloud.etcd.discovery.enabled" })
	void withoutDiscoveryTheCacheStaysAndNobodyIsAskedToReplaceIt(String property) {
		process(Map.of(property, "false"));
		assertThat(this.environment.getProperty(CACHE)).isNull();
		assertThat(this.environment.getProperty(CAFFEINE)).isEqualTo("error");
		assertThat(this.environment.getProperty(WIRE)).isEqualTo("info");
	}

	@Test
	void withoutEtcdNothingChangesButTheWarning() {
		process(Map.of("spring.cloud.etcd.enabled", "false"));
		assertThat(this.environment.getProperty(CACHE)).isNull();
		assertThat(this.environment.getProperty(WIRE)).isNull();
		assertThat(this.environment.getProperty(JETCD)).isNull();
		assertThat(this.environment.getProperty(CAFFEINE)).isEqualTo("error");
		assertThat(Binder.get(this.environment).bind("logging.level", Bindable.mapOf(String.class, String.class)).get())
			.containsOnlyKeys(
					"org.springframework.cloud.loadbalancer.config.LoadBalancerCacheAutoConfiguration$LoadBalancerCaffeineWarnLogger");
	}

	@Test
	void everyOtherSourceWins() {
		process(Map.of(CACHE, "true", WIRE, "trace", JETCD, "warn"));
		assertThat(this.environment.getProperty(CACHE)).isEqualTo("true");
		assertThat(this.environment.getProperty(WIRE)).isEqualTo("trace");
		assertThat(this.environment.getProperty(JETCD)).isEqualTo("warn");
	}

	@Test
	void defaultPropertiesOfTheApplicationWinToo() {
		this.environment.getPropertySources()
			.addLast(new DefaultPropertiesPropertySource(Map.of(CACHE, "true", "own", "kept")));
		process(Map.of());
		DefaultPropertiesPropertySource.moveToEnd(this.environment);
		assertThat(this.environment.getProperty(CACHE)).isEqualTo("true");
		assertThat(this.environment.getProperty("own")).isEqualTo("kept");
		assertThat(this.environment.getProperty(WIRE)).isEqualTo("info");
	}

}
