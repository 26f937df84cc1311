package io.github.etcddiscovery.documentation;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.etcddiscovery.autoconfigure.EtcdConnectionDetails;
import io.github.etcddiscovery.autoconfigure.RemoteProperties;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.view.CatalogSource;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.BeanUtils;
import org.springframework.beans.PropertyAccessorFactory;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.ResolvableType;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What {@code docs/clusters.md} shows and lists.
 */
@RequiresEtcd
class ClustersPageTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final Document PAGE = Document.of("docs/clusters.md");

	private static EtcdProcess us;

	private final EtcdEyes usEyes;

	ClustersPageTests() {
		super(EtcdBinary.newest());
		us = EtcdProcess.start(EtcdBinary.newest());
		this.usEyes = new EtcdEyes(us.endpoint());
	}

	@AfterEach
	void closeTheOther() {
		this.applications.close();
		this.usEyes.close();
		us.close();
	}

	/** The properties of the first blocks, at the etcds of this test. */
	private Map<String, String> shown(int block) {
		Map<String, String> shown = new TreeMap<>(Document.properties(PAGE.blocks("yaml").get(block)));
		shown.replaceAll((name, value) -> value.startsWith("https://etcd.us") ? us.endpoint()
				: value.startsWith("https://etcd.eu") ? this.etcd.endpoint() : value);
		return shown;
	}

	private ConfigurableApplicationContext start(Class<?> source, Map<String, String> properties) {
		return this.applications.start(new SpringApplicationBuilder(source).web(WebApplicationType.NONE), "orders",
				Stream
					.concat(Stream.of("spring.cloud.etcd.discovery.register=false"),
							properties.entrySet().stream().map((entry) -> entry.getKey() + "=" + entry.getValue()))
					.toArray(String[]::new));
	}

	/** Runs the commands of the page that put and delete, in order. */
	private List<Runnable> drill() {
		List<Runnable> commands = new ArrayList<>();
		Matcher command = Pattern.compile("etcdctl --endpoints localhost:(\\d)379 (put|del) (\\S+)(?: '(.*)')?")
			.matcher(String.join("\n", PAGE.blocks("sh")));
		while (command.find()) {
			EtcdEyes eyes = command.group(1).equals("2") ? this.eyes : this.usEyes;
			String key = command.group(3);
			String value = command.group(4);
			commands.add((value != null) ? () -> eyes.put(key, value) : () -> eyes.delete(key));
		}
		return commands;
	}

	private static List<Integer> ports(ConfigurableApplicationContext caller) {
		return caller.getBean(DiscoveryClient.class)
			.getInstances("stock")
			.stream()
			.map(ServiceInstance::getPort)
			.toList();
	}

	@Test
	void drillShowsWhatThePageSays() {
		List<Runnable> drill = drill();
		assertThat(drill).hasSize(3);
		drill.subList(0, 2).forEach(Runnable::run);
		ConfigurableApplicationContext caller = start(Caller.class, shown(0));
		await().atMost(SOON).untilAsserted(() -> assertThat(ports(caller)).containsExactly(8081));
		drill.get(2).run();
		await().atMost(SOON).untilAsserted(() -> assertThat(ports(caller)).containsExactly(8082));
		drill.get(0).run();
		await("fail-back-after").atMost(SOON).untilAsserted(() -> assertThat(ports(caller)).containsExactly(8081));
	}

	@Test
	void mergedClustersCanBeReadInOwnCode() {
		drill().subList(0, 2).forEach(Runnable::run);
		ConfigurableApplicationContext caller = start(Caller.class, shown(1));
		CatalogSource<ServiceInstance> clusters = caller
			.<CatalogSource<ServiceInstance>>getBeanProvider(
					ResolvableType.forClassWithGenerics(CatalogSource.class, ServiceInstance.class))
			.getObject();
		await().atMost(SOON).until(() -> clusters.catalog().available("stock").size() == 2);
		assertThat(clusters.catalog().available("stock"))
			.extracting((instance) -> instance.getMetadata().get("cluster"))
			.containsExactlyInAnyOrder("home", "us");
		ServiceView<?> home = caller.getBean(ServiceView.class);
		assertThat(home.catalog().available("stock").size()).isEqualTo(1);
	}

	@Test
	void connectionDetailsOfARemoteAreThoseOfItsBean() {
		drill().subList(1, 2).forEach(Runnable::run);
		ConfigurableApplicationContext caller = start(CallerWithDetails.class,
				Map.of("spring.cloud.etcd.discovery.remotes.us.use", "fallback"));
		await().atMost(SOON).untilAsserted(() -> assertThat(ports(caller)).containsExactly(8082));
		assertThat(PAGE.blocks("java").get(0)).contains("@Bean(defaultCandidate = false)")
			.contains("EtcdConnectionDetails us()");
	}

	/** All of its own, with their defaults. */
	@Test
	void pageListsTheProperties() {
		Map<String, String> listed = PAGE.text()
			.lines()
			.map((line) -> Pattern.compile("\\| `([a-z-]+)` \\|([^|]+)\\|([^|]*)\\|.*").matcher(line))
			.filter(Matcher::matches)
			.collect(Collectors.toMap((row) -> row.group(1), (row) -> row.group(3).replace("`", "").strip(),
					(a, b) -> a, TreeMap::new));
		RemoteProperties defaults = new RemoteProperties();
		Map<String, String> actual = new TreeMap<>();
		Stream.of(BeanUtils.getPropertyDescriptors(RemoteProperties.class))
			.filter((property) -> property.getWriteMethod() != null
					&& property.getWriteMethod().getDeclaringClass() == RemoteProperties.class)
			.forEach((property) -> actual
				.put(property.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT), text(
						PropertyAccessorFactory.forBeanPropertyAccess(defaults).getPropertyValue(property.getName()))));
		actual.put("prefix", "that of home");
		actual.put("services", "");
		assertThat(listed).isEqualTo(actual);
	}

	private static String text(Object value) {
		return (value instanceof Duration duration) ? DurationStyle.SIMPLE.print(duration, ChronoUnit.SECONDS)
				: String.valueOf(value).toLowerCase(Locale.ROOT);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Caller {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class CallerWithDetails {

		@Bean(defaultCandidate = false)
		EtcdConnectionDetails us() {
			return () -> List.of(us.endpoint());
		}

	}

}
