package io.github.etcddiscovery.autoconfigure;

import java.util.List;
import java.util.stream.Stream;

import io.etcd.jetcd.Client;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.doubles.EmptyEtcdClient;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cloud.commons.util.UtilAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.util.ReflectionUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests that beans of the starter leave the names to the user that a user would choose.
 */
class BeanNameTests {

	/** Its name is that of the health component. */
	private static final String HEALTH = "etcdHealthIndicator";

	@Test
	void everyBeanHasAPrefixThatNobodyElseUses() {
		List<String> names = ImportCandidates.load(AutoConfiguration.class, null)
			.getCandidates()
			.stream()
			.filter((name) -> name.startsWith("io.github.etcddiscovery.autoconfigure."))
			.flatMap(BeanNameTests::withMembers)
			.flatMap((type) -> Stream.of(ReflectionUtils.getDeclaredMethods(type)))
			.filter((method) -> method.isAnnotationPresent(Bean.class))
			.map((method) -> method.getAnnotation(Bean.class).value().length > 0
					? method.getAnnotation(Bean.class).value()[0] : method.getName())
			.toList();
		assertThat(names).hasSizeGreaterThan(30)
			.allMatch((name) -> name.startsWith("etcdStarter") || name.equals(HEALTH));
	}

	private static Stream<Class<?>> withMembers(String name) {
		try {
			Class<?> type = Class.forName(name);
			return Stream.concat(Stream.of(type), Stream.of(type.getDeclaredClasses()));
		}
		catch (ClassNotFoundException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void jetcdClientOfTheUsersMayBeCalledEtcdClient() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, UtilAutoConfiguration.class,
					EtcdClientAutoConfiguration.class))
			.withBean("etcdClient", Client.class, () -> mock(Client.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(Client.class)
				.hasSingleBean(EtcdClient.class));
	}

	@Test
	void clientOfTheUsersReplacesOurs() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, UtilAutoConfiguration.class,
					EtcdClientAutoConfiguration.class))
			.withBean("etcdClient", EtcdClient.class, EmptyEtcdClient::new)
			.run((context) -> assertThat(context.getBean(EtcdClient.class)).isInstanceOf(EmptyEtcdClient.class));
	}

}
