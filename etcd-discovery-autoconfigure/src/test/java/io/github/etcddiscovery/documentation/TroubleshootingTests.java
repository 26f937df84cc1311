package io.github.etcddiscovery.documentation;

import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.github.etcddiscovery.cloud.discovery.EtcdDiscoveryClient;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import io.github.etcddiscovery.testsupport.TestAuthority;
import io.github.etcddiscovery.testsupport.TestCertificates;
import io.github.etcddiscovery.testsupport.TestUsers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.loadbalancer.LoadBalancerClient;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.support.LoadBalancerClientFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * Every line of the tables in {@code docs/troubleshooting.md}, brought about for real.
 */
@ExtendWith(OutputCaptureExtension.class)
class TroubleshootingTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	/** The defaults of both. */
	private static final Duration DIAL_AND_REQUEST_TIMEOUT = Duration.ofSeconds(6);

	/** What Spring Boot needs on a busy machine, and draining a server. */
	private static final Duration REST_OF_START = Duration.ofSeconds(10);

	private static final String ETCD = "spring.cloud.etcd.";

	private static final String KEY = "/services/orders/127.0.0.1:4711";

	private static final String RECORD_OF_ANOTHER = "{\"host\":\"10.0.0.9\",\"port\":1}";

	private static final Document PAGE = Document.of("docs/troubleshooting.md");

	@TempDir
	private Path folder;

	private final List<AutoCloseable> open = new ArrayList<>();

	@AfterEach
	void closeAll() throws Exception {
		for (int i = this.open.size() - 1; i >= 0; i--) {
			this.open.get(i).close();
		}
	}

	static Stream<Row> wrongProperties() {
		return rows("a property is wrong");
	}

	@ParameterizedTest
	@MethodSource("wrongProperties")
	void wrongPropertyEndsTheStartWithItsNameItsValueAndWhatWasExpected(Row row, CapturedOutput output) {
		List<String> properties = codes(row.cells().get(0));
		assertThatThrownBy(() -> start(properties.toArray(String[]::new)));
		String[] first = properties.get(0).split("=", 2);
		assertThat(output).contains("APPLICATION FAILED TO START")
			.containsPattern("Invalid value '|It is not shown, since it may contain a password");
		if (!first[0].equals("spring.application.name") || !first[1].isEmpty()) {
			assertThat(output).containsPattern("(configuration property|value of) '\\Q" + first[0] + "\\E'");
		}
		assertSays(output, row.cells().get(1));
	}

	static Stream<Row> unusableEtcds() {
		return rows("etcd cannot be used");
	}

	@ParameterizedTest
	@MethodSource("unusableEtcds")
	@RequiresEtcd
	void etcdThatCannotBeUsedEndsTheStartWithTheReason(Row row, CapturedOutput output) throws Exception {
		String[] properties = switch (row.cells().get(0)) {
			case "nothing listens there" -> at("127.0.0.1:" + LoopbackPorts.next());
			case "the host name is not known" -> at("no-such-host.invalid:2379");
			case "there are no SRV records" -> at("dns+srv://no-such-name.invalid");
			case "etcd speaks TLS, the endpoint says `http` or nothing" ->
				at(withTls(certificates("a")).endpoint().replace("https", "http"));
			case "etcd does not speak TLS, the endpoint says `https`" ->
				at(plain().endpoint().replace("http", "https"));
			case "the certificate of etcd is not signed by `ca-cert`" -> {
				TestCertificates own = certificates("own");
				yield at(withTls(own).endpoint(), "ca-cert=" + certificates("other").authority(),
						"cert=" + own.certificate(), "key=" + own.key());
			}
			case "the certificate of etcd is for another host" -> {
				TestCertificates own = certificates("own");
				yield at(withTls(own).endpoint().replace("127.0.0.1", "localhost"), "ca-cert=" + own.authority(),
						"cert=" + own.certificate(), "key=" + own.key());
			}
			case "etcd wants a client certificate" -> {
				TestCertificates own = certificates("own");
				yield at(withTls(own).endpoint(), "ca-cert=" + own.authority());
			}
			case "the client certificate has expired" -> {
				TestAuthority authority = new TestAuthority(Files.createDirectory(this.folder.resolve("authority")));
				TestCertificates expired = authority.issue("expired", Instant.now().minus(Duration.ofDays(3)),
						Duration.ofDays(1));
				yield at(withTls(authority.issue("etcd")).endpoint(), "ca-cert=" + expired.authority(),
						"cert=" + expired.certificate(), "key=" + expired.key());
			}
			case "etcd wants a user name" -> at(withUsers().endpoint());
			case "a user name is set, but etcd asks nobody who they are" ->
				at(plain().endpoint(), "username=orders", "password=pw");
			case "user name or password is wrong" -> at(withUsers().endpoint(), "username=orders", "password=wrong!");
			case "the user may not read under the prefix" ->
				at(withUsers().endpoint(), "username=stranger", "password=pw");
			case "the database of etcd is full" -> registering(full());
			case "the user may not write its own key" ->
				registering(withUsers(), ETCD + "username=reader", ETCD + "password=pw");
			default -> throw new IllegalStateException("No test for: " + row);
		};
		long before = System.nanoTime();
		assertThatThrownBy(() -> start(properties));
		assertThat(Duration.ofNanos(System.nanoTime() - before))
			.isLessThan(DIAL_AND_REQUEST_TIMEOUT.plus(REST_OF_START));
		assertThat(output).contains("APPLICATION FAILED TO START")
			.containsPattern("etcd at \\S+ cannot be used: ")
			.as("the end of what is still under way")
			.doesNotContain("RejectedExecutionException");
		assertSays(output, row.cells().get(1));
		assertThat(output).doesNotContain("wrong!");
	}

	static Stream<Row> messages() {
		return Stream
			.of("others are missing", "It starts, but is not registered", "It was registered, and something happened",
					"An instance is not called", "Other warnings")
			.flatMap(TroubleshootingTests::rows);
	}

	@ParameterizedTest
	@MethodSource("messages")
	@RequiresEtcd
	void messageIsWhatIsSaid(Row row, CapturedOutput output) throws Exception {
		String message = codes(row.cells().get(0)).get(0);
		cause(message);
		await().atMost(SOON).untilAsserted(() -> assertSays(output, row.cells().get(0)));
	}

	private void cause(String message) throws Exception {
		if (message.startsWith("Missing after")) {
			String[] waiting = registering(plain(), ETCD + "discovery.wait-for.stock=1",
					ETCD + "discovery.wait-timeout=300ms");
			assertThatThrownBy(() -> start(waiting));
		}
		else if (message.startsWith("Not registering orders-management")) {
			start(registering(plain()), "spring.main.web-application-type=servlet", "server.address=127.0.0.1",
					"server.port=0", "management.server.port=0");
		}
		else if (message.startsWith("No HTTP client can call")) {
			start(registering(plain(), "spring.application.name=my_orders"));
		}
		else if (message.startsWith("No instances of stock are known yet")) {
			start(registering(plain(), "look-up.early=true"));
		}
		else if (message.startsWith("Not registering orders")) {
			start(registering(plain(), "spring.cloud.etcd.discovery.port="));
		}
		else if (message.startsWith("No lease for")) {
			start(registering(full(), ETCD + "fail-fast=false", ETCD + "request-timeout=500ms"));
		}
		else if (message.contains("is not registered after")) {
			EtcdProcess etcd = plain();
			etcd.kill();
			start(registering(etcd, ETCD + "fail-fast=false", ETCD + "request-timeout=500ms"));
		}
		else if (message.startsWith("The management port is not registered yet")) {
			start(at(withUsers().endpoint(), "username=orders", "password=pw", "discovery.host=127.0.0.1"),
					"spring.main.web-application-type=servlet", "server.address=127.0.0.1", "server.port=0",
					"management.server.port=0");
		}
		else if (message.startsWith("Not registered yet") || message.contains("is not registered: Writing")) {
			start(registering(withUsers(), ETCD + "fail-fast=false", ETCD + "username=reader", ETCD + "password=pw"));
		}
		else if (message.contains("belongs to another live process")) {
			EtcdProcess etcd = plain();
			EtcdEyes eyes = eyes(etcd);
			eyes.put(KEY, RECORD_OF_ANOTHER, eyes.grant(60));
			start(registering(etcd, ETCD + "request-timeout=1s"));
		}
		else if (message.startsWith("Two live processes claim")) {
			EtcdProcess etcd = plain();
			start(registering(etcd, ETCD + "discovery.heartbeat=500ms"));
			start(registering(etcd, ETCD + "discovery.heartbeat=1s"));
		}
		else if (message.startsWith("Advertising host")) {
			start(registering(plain(), ETCD + "discovery.host=", "spring.cloud.inetutils.ignored-interfaces=.*"));
		}
		else if (message.startsWith("etcd did not answer within")) {
			EtcdProcess etcd = plain();
			ConfigurableApplicationContext context = start(registering(etcd));
			etcd.kill();
			context.close();
		}
		else if (message.startsWith("There will be no instances of stock")) {
			start(registering(plain(), ETCD + "discovery.services=orders")).getBean(LoadBalancerClientFactory.class)
				.getInstance("stock", ServiceInstanceListSupplier.class);
		}
		else if (message.startsWith("No available instance of stock")) {
			calling(ETCD + "discovery.select.stock.version=9").choose("stock");
		}
		else if (message.startsWith("Ejected")) {
			LoadBalancerClient client = calling();
			assertThatThrownBy(() -> client.execute("stock", (instance) -> {
				throw new ConnectException("Connection refused");
			})).isInstanceOf(ConnectException.class);
		}
		else if (message.contains("max-instances-per-service")) {
			EtcdProcess etcd = plain();
			start(registering(etcd, ETCD + "discovery.max-instances-per-service=1"));
			eyes(etcd).put("/services/stock/a", RECORD_OF_ANOTHER);
			eyes(etcd).put("/services/stock/b", RECORD_OF_ANOTHER);
		}
		else if (message.contains("max-instances")) {
			EtcdProcess etcd = plain();
			start(registering(etcd, ETCD + "discovery.max-instances=1"));
			eyes(etcd).put("/services/stock/b", RECORD_OF_ANOTHER);
		}
		else if (message.contains("is more than a third of")) {
			start(registering(plain(), ETCD + "discovery.ttl=5s"));
		}
		else if (message.contains("which is another one than")) {
			start(registering(plain(), ETCD + "discovery.prefix=services"));
		}
		else if (message.contains("is not changed after")) {
			EtcdProcess etcd = plain();
			ConfigurableApplicationContext context = start(registering(etcd, ETCD + "request-timeout=500ms"));
			etcd.kill();
			context.getBean(EtcdServiceRegistry.class)
				.changeMetadata(context.getBean(EtcdRegistration.class), "weight", "5");
		}
		else if (message.startsWith("Staying connected")) {
			refresh("request-timeout", "0s");
		}
		else if (message.startsWith("The remote clusters stay")) {
			refresh("discovery.remotes.us.use", "fallback");
		}
		else if (message.startsWith("Service stock is served from cluster us")) {
			EtcdProcess us = plain();
			eyes(us).put("/services/stock/a", RECORD_OF_ANOTHER);
			start(registering(plain(), ETCD + "discovery.remotes.us.endpoints=" + us.endpoint()));
		}
		else if (message.startsWith("The view of /services/ is not current")) {
			start(registering(withUsers(), ETCD + "fail-fast=false", ETCD + "username=stranger", ETCD + "password=pw"));
		}
		else if (message.startsWith("The snapshot … cannot be used")) {
			Path file = Files.writeString(this.folder.resolve("snapshot.json"), "127.0.0.1 localhost");
			start(registering(plain(), ETCD + "discovery.snapshot.file=" + file));
		}
		else if (message.startsWith("The snapshot … cannot be written")) {
			Path file = Files.writeString(this.folder.resolve("file"), "").resolve("snapshot.json");
			start(registering(plain(), ETCD + "discovery.snapshot.file=" + file));
		}
		else if (message.startsWith("Health group serving has no")) {
			start(registering(plain(), ETCD + "discovery.follow-health=serving",
					"management.endpoint.health.group.serving.include=readinessState"));
		}
		else if (message.startsWith("Health group serving")) {
			start(registering(plain(), ETCD + "discovery.follow-health=serving",
					"management.endpoint.health.group.serving.include=diskSpace",
					"management.health.diskspace.threshold=1000000GB"));
		}
		else if (message.startsWith("Staying registered")) {
			refresh("discovery.host", "user@evil");
		}
		else if (message.contains("takes effect at the next start")) {
			refresh("discovery.ttl", "20s");
		}
		else {
			meddle(message);
		}
	}

	/** Does something to the etcd of a registered application. */
	private void meddle(String message) {
		EtcdProcess etcd = plain();
		EtcdEyes eyes = eyes(etcd);
		start(registering(etcd, ETCD + "discovery.heartbeat=500ms"));
		Map<String, Runnable> deeds = new LinkedHashMap<>();
		deeds.put("No connection to etcd", etcd::kill);
		deeds.put("Lost lease", () -> eyes.revoke(eyes.get(KEY).getLease()));
		deeds.put("… was deleted", () -> eyes.delete(KEY));
		deeds.put("Replacing", () -> eyes.put(KEY, "x"));
		deeds.put("etcd does not hold", () -> {
			eyes.put("/services/stock/a", RECORD_OF_ANOTHER);
			etcd.kill();
			etcd.wipe();
			etcd.startAgain();
		});
		deeds.put("Ignoring the entry at /services/orders/bad", () -> eyes.put("/services/orders/bad", "x"));
		deeds.put("Ignoring the entry at /services/orders:", () -> eyes.put("/services/orders", "x"));
		deeds.entrySet()
			.stream()
			.filter((deed) -> message.startsWith(deed.getKey()))
			.findFirst()
			.orElseThrow(() -> new IllegalStateException("No test for: " + message))
			.getValue()
			.run();
	}

	private void refresh(String property, String value) {
		ConfigurableApplicationContext context = start(registering(plain()));
		context.getEnvironment()
			.getPropertySources()
			.addFirst(new MapPropertySource("changed", Map.of(ETCD + property, value)));
		context.publishEvent(new EnvironmentChangeEvent(context, Set.of(ETCD + property)));
	}

	@Test
	void everyTableOfThePageIsRead() {
		assertThat(PAGE.find("(?m)^(\\| (?!why|set|says|-).*)$"))
			.hasSize((int) Stream.of(wrongProperties(), unusableEtcds(), messages()).flatMap((rows) -> rows).count());
	}

	private EtcdProcess plain() {
		return opened(EtcdProcess.start(EtcdBinary.newest()));
	}

	/** Refuses to write anything more. */
	private EtcdProcess full() {
		EtcdProcess etcd = opened(EtcdProcess.startWith(EtcdBinary.newest(), "--quota-backend-bytes", "1000000"));
		EtcdEyes eyes = eyes(etcd);
		assertThatThrownBy(() -> {
			for (int i = 0; i < 100; i++) {
				eyes.put("/filling/" + i, "x".repeat(100_000));
			}
		}).hasMessageContaining("database space exceeded");
		return etcd;
	}

	private EtcdProcess withTls(TestCertificates certificates) {
		return opened(EtcdProcess.start(EtcdBinary.newest(), certificates));
	}

	private EtcdProcess withUsers() {
		return opened(TestUsers.startWithAuthentication(EtcdBinary.newest()));
	}

	private EtcdEyes eyes(EtcdProcess etcd) {
		return opened(new EtcdEyes(etcd.endpoint()));
	}

	private TestCertificates certificates(String name) throws Exception {
		return TestCertificates.create(Files.createDirectory(this.folder.resolve(name)));
	}

	private <T extends AutoCloseable> T opened(T resource) {
		this.open.add(resource);
		return resource;
	}

	/** For an application that is to register, as a process without a web server does. */
	private static String[] registering(EtcdProcess etcd, String... properties) {
		return Stream
			.concat(Stream.of(at(etcd.endpoint(), "discovery.host=127.0.0.1", "discovery.port=4711")),
					Stream.of(properties))
			.toArray(String[]::new);
	}

	private static String[] at(String endpoint, String... properties) {
		return Stream
			.concat(Stream.of("endpoints=" + endpoint, "request-timeout=2s", "dial-timeout=1s"), Stream.of(properties))
			.map((property) -> ETCD + property)
			.toArray(String[]::new);
	}

	private ConfigurableApplicationContext start(String[] properties, String... others) {
		return start(Stream.of(properties, others).flatMap(Stream::of).toArray(String[]::new));
	}

	private ConfigurableApplicationContext start(String... properties) {
		Map<String, String> arguments = new LinkedHashMap<>(
				Map.of("spring.application.name", "orders", "spring.main.banner-mode", "off"));
		for (String property : properties) {
			String[] pair = property.split("=", 2);
			arguments.put(pair[0], pair[1]);
		}
		return opened(TestApplications.run(new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE),
				arguments));
	}

	/** Starts an application that sees two instances of stock. */
	private LoadBalancerClient calling(String... properties) {
		EtcdProcess etcd = plain();
		eyes(etcd).put("/services/stock/a", RECORD_OF_ANOTHER);
		eyes(etcd).put("/services/stock/b", RECORD_OF_ANOTHER);
		return start(registering(etcd, properties)).getBean(LoadBalancerClient.class);
	}

	private static void assertSays(CapturedOutput output, String cell) {
		String[] fixed = codes(cell).get(0).split("…", -1);
		assertThat(output)
			.containsPattern(Pattern.compile(String.join(".*?", Stream.of(fixed).map(Pattern::quote).toList())));
	}

	private static List<String> codes(String cell) {
		return Pattern.compile("`([^`]*)`").matcher(cell).results().map((MatchResult code) -> code.group(1)).toList();
	}

	private static Stream<Row> rows(String heading) {
		return Stream.of(PAGE.text().split("\n## "))
			.filter((section) -> section.lines().findFirst().orElse("").contains(heading))
			.flatMap(String::lines)
			.filter((line) -> line.startsWith("| "))
			.skip(1)
			.map((line) -> new Row(Stream.of(line.substring(1).split("\\|")).map(String::strip).toList()));
	}

	/**
	 * A line of a table.
	 */
	record Row(List<String> cells) {

		@Override
		public String toString() {
			return this.cells.get(0);
		}

	}

	/**
	 * An application with nothing of its own, unless it is told to look a service up too
	 * early.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		@ConditionalOnBooleanProperty("look-up.early")
		InitializingBean earlyLookUp(EtcdDiscoveryClient discovery) {
			return () -> discovery.getInstances("stock");
		}

	}

}
