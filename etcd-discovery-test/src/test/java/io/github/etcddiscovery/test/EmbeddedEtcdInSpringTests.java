package io.github.etcddiscovery.test;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

import io.github.etcddiscovery.autoconfigure.EtcdClientAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.EtcdConnectionDetails;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.ActiveProfiles;
import org.springframework.test.context.DynamicPropertyRegistrar;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a Spring test gets by having this module on its class path.
 */
class EmbeddedEtcdInSpringTests {

	private static final String ELSEWHERE = "http://127.0.0.1:2";

	/** So that the start of an application does not end for want of an etcd. */
	private static final String PATIENT = "spring.cloud.etcd.fail-fast=false";

	private static void assertEmbedded(ConfigurableApplicationContext context) {
		assertThat(context.getBean(EtcdConnectionDetails.class).getEndpoints())
			.containsExactly(context.getBean(EmbeddedEtcd.class).endpoint());
	}

	private static void assertElsewhere(ConfigurableApplicationContext context) {
		assertThat(context.getBean(EtcdConnectionDetails.class).getEndpoints()).containsExactly(ELSEWHERE);
		assertThat(context.getBeanProvider(EmbeddedEtcd.class).getIfAvailable()).isNull();
	}

	@Nested
	@SpringBootTest
	@ActiveProfiles("elsewhere")
	class WithEndpointsOfTheApplication {

		@Test
		void embeddedEtcdIsUsedAndNothingIsDrained(@Autowired ConfigurableApplicationContext context,
				@Autowired EmbeddedEtcd etcd, @Autowired DiscoveryClient client) {
			assertEmbedded(context);
			assertThat(context.getBean(EtcdConnectionDetails.class).getUsername()).isNull();
			assertThat(context.getEnvironment().getProperty("spring.cloud.etcd.endpoints")).isNotNull();
			assertThat(context.getEnvironment().getProperty("spring.cloud.etcd.discovery.drain")).isEqualTo("0s");
			assertThat(client.getServices()).isEmpty();
		}

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.NONE, properties = { PATIENT,
			"spring.cloud.etcd.endpoints[0]=" + ELSEWHERE, "spring.cloud.etcd.discovery.drain=2s" })
	class WithPropertiesOfTheTest {

		@Test
		void testHasTheLastWord(@Autowired ConfigurableApplicationContext context, @Autowired Environment environment) {
			assertElsewhere(context);
			assertThat(environment.getProperty("spring.cloud.etcd.discovery.drain")).isEqualTo("2s");
		}

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.NONE, properties = PATIENT)
	@TestPropertySource(properties = "spring.cloud.etcd.endpoints=" + ELSEWHERE)
	class WithTestPropertySource {

		@Test
		void testHasTheLastWord(@Autowired ConfigurableApplicationContext context) {
			assertElsewhere(context);
		}

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.NONE, properties = PATIENT)
	class WithDynamicProperties {

		@DynamicPropertySource
		static void elsewhere(DynamicPropertyRegistry registry) {
			registry.add("spring.cloud.etcd.endpoints", () -> ELSEWHERE);
		}

		@Test
		void testHasTheLastWord(@Autowired ConfigurableApplicationContext context) {
			assertElsewhere(context);
		}

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.NONE, properties = PATIENT)
	class WithConnectionDetails {

		@Test
		void thoseAreUsed(@Autowired ConfigurableApplicationContext context) {
			assertElsewhere(context);
		}

		/**
		 * As a container would give them.
		 */
		@TestConfiguration(proxyBeanMethods = false)
		static class Details {

			@Bean
			EtcdConnectionDetails details() {
				return () -> List.of(ELSEWHERE);
			}

		}

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.NONE, properties = PATIENT)
	class WithPropertiesAddedByABean {

		@Test
		void testHasTheLastWord(@Autowired ConfigurableApplicationContext context) {
			assertThat(context.getBean(EtcdConnectionDetails.class).getEndpoints()).containsExactly(ELSEWHERE);
			assertThat(context.getBeanFactory().containsSingleton("embeddedEtcd")).isFalse();
		}

		/**
		 * As a test has it that starts its etcd as a bean.
		 */
		@TestConfiguration(proxyBeanMethods = false)
		static class Properties {

			@Bean
			DynamicPropertyRegistrar elsewhere() {
				return (registry) -> registry.add("spring.cloud.etcd.endpoints", () -> ELSEWHERE);
			}

		}

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.NONE, properties = PATIENT)
	@ImportAutoConfiguration(ZConnectionDetailsAutoConfiguration.class)
	class WithAutoConfiguredConnectionDetails {

		@Test
		void thoseAreUsed(@Autowired ConfigurableApplicationContext context) {
			assertElsewhere(context);
		}

	}

	/**
	 * That of a container, for example, in whatever package.
	 */
	@AutoConfiguration(before = EtcdClientAutoConfiguration.class)
	static class ZConnectionDetailsAutoConfiguration {

		@Bean
		@ConditionalOnMissingBean(EtcdConnectionDetails.class)
		EtcdConnectionDetails acme() {
			return () -> List.of(ELSEWHERE);
		}

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.NONE, properties = "spring.cloud.etcd.enabled=false")
	class WithoutEtcd {

		@Test
		void noneIsStarted(@Autowired ConfigurableApplicationContext context) {
			assertThat(context.getBeanFactory().containsBeanDefinition("embeddedEtcd")).isTrue();
			assertThat(context.getBeanFactory().containsSingleton("embeddedEtcd")).isFalse();
		}

	}

	@Nested
	@SpringBootTest(webEnvironment = WebEnvironment.NONE)
	@DirtiesContext(classMode = DirtiesContext.ClassMode.BEFORE_EACH_TEST_METHOD)
	@TestInstance(TestInstance.Lifecycle.PER_CLASS)
	class WithAContextForEachTest {

		private final Set<EmbeddedEtcd> former = new HashSet<>();

		@Autowired
		private EmbeddedEtcd etcd;

		@Test
		void firstHasOneOfItsOwn() {
			assertThatNoFormerOneIsLeft();
		}

		@Test
		void secondHasOneOfItsOwn() {
			assertThatNoFormerOneIsLeft();
		}

		private void assertThatNoFormerOneIsLeft() {
			assertThat(LoopbackPorts.listens(this.etcd.port())).isTrue();
			assertThat(this.former).doesNotContain(this.etcd)
				.noneMatch((stopped) -> LoopbackPorts.listens(stopped.port()));
			this.former.add(this.etcd);
		}

	}

	/**
	 * The application of these tests.
	 */
	@SpringBootConfiguration
	@EnableAutoConfiguration
	static class Application {

	}

}
