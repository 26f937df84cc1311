package io.github.etcddiscovery.integration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.InitialDirContext;

import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.testsupport.ApplicationProcess;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.GoPrograms;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.RequiresBalancers;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.ServerProcess;
import io.github.etcddiscovery.testsupport.TestApplications;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.client.RestClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * CoreDNS answers with the instances of a Spring service, configured as docs/dns.md says.
 */
@RequiresEtcd
@RequiresGo
@RequiresBalancers
class DnsTests extends EtcdApplicationTests {

	private static final Document PAGE = Document.of("docs/dns.md");

	private static final Duration PROMPTLY = Duration.ofSeconds(5);

	private static final Duration SOON = Duration.ofSeconds(20);

	private static final String ORDERS = "orders.services.local";

	private final List<AutoCloseable> processes = new ArrayList<>();

	private int dns;

	@TempDir
	private Path folder;

	DnsTests() {
		super(EtcdBinary.newest());
	}

	@BeforeEach
	void startCoreDns() throws IOException {
		int port = LoopbackPorts.next();
		String corefile = PAGE.blocks("corefile")
			.get(0)
			.replace("services.local {", "services.local:" + port + " {\n    bind 127.0.0.1\n    errors")
			.replace("http://localhost:2379", this.etcd.endpoint());
		ServerProcess server = new ServerProcess(Map.of(), Pattern.compile("services\\.local\\.:(\\d+)"),
				List.of(GoPrograms.build("coredns").toString(), "-conf",
						Files.writeString(this.folder.resolve("Corefile"), corefile).toString()));
		this.processes.add(server);
		this.dns = server.port();
	}

	@AfterEach
	void stopProcesses() throws Exception {
		for (AutoCloseable process : this.processes) {
			process.close();
		}
	}

	@Test
	void recordsOfAnInstanceAppearAndVanishWithItsTrafficAndWithItself() throws NamingException {
		assertThat(lookUp(ORDERS, "A")).isEmpty();
		ConfigurableApplicationContext orders = start();
		int port = TestApplications.port(orders);
		assertThat(lookUp(ORDERS, "A")).containsExactly("127.0.0.1");
		Set<String> services = lookUp(ORDERS, "SRV");
		assertThat(services).singleElement()
			.asString()
			.matches("10 100 " + port + " 127-0-0-1-" + port + "-[0-9a-f]{16}\\.orders\\.services\\.local\\.");
		String target = services.iterator().next().split(" ")[3];
		assertThat(lookUp(target, "A")).as("the target of the service").containsExactly("127.0.0.1");
		AvailabilityChangeEvent.publish(orders, ReadinessState.REFUSING_TRAFFIC);
		awaitRecords("SRV", (records) -> assertThat(records).isEmpty());
		AvailabilityChangeEvent.publish(orders, ReadinessState.ACCEPTING_TRAFFIC);
		awaitRecords("SRV", (records) -> assertThat(records).isEqualTo(services));
		orders.close();
		assertThat(lookUp(ORDERS, "SRV")).isEmpty();
		assertThat(this.eyes.all("/skydns/")).isEmpty();
	}

	@Test
	void changeOfAnInstanceChangesItsRecord() throws NamingException {
		ConfigurableApplicationContext orders = start();
		start();
		assertThat(weights(lookUp(ORDERS, "SRV"))).containsExactlyInAnyOrder("50", "50");
		EtcdRegistration registration = orders.getBean(EtcdRegistration.class);
		orders.getBean(EtcdServiceRegistry.class).changeMetadata(registration, "weight", "3");
		awaitRecords("SRV", (records) -> assertThat(weights(records)).containsExactlyInAnyOrder("75", "25"));
	}

	@Test
	void addressOfIpVersion6IsAnswered() throws NamingException {
		start("spring.cloud.etcd.discovery.host=2001:db8::5");
		assertThat(lookUp(ORDERS, "AAAA")).containsExactly("2001:db8::5");
		assertThat(lookUp(ORDERS, "A")).isEmpty();
	}

	@Test
	void killedInstanceVanishesWithItsLease() throws NamingException {
		List<String> arguments = new ArrayList<>(
				List.of("-cp", System.getProperty("java.class.path"), Orders.class.getName()));
		this.applications
			.properties("orders",
					properties("spring.cloud.etcd.discovery.ttl=3s", "spring.cloud.etcd.discovery.heartbeat=1s",
							"spring.cloud.gateway.server.webflux.enabled=false"))
			.forEach((name, value) -> arguments.add("--" + name + "=" + value));
		ApplicationProcess process = new ApplicationProcess(Map.of(), arguments);
		this.processes.add(process);
		await().atMost(Duration.ofMinutes(1)).until(() -> !lookUp(ORDERS, "A").isEmpty());
		process.kill();
		await().atMost(SOON).until(() -> lookUp(ORDERS, "A").isEmpty());
	}

	@Test
	void onlyRecordOfAnApplicationMayBeThatForDns() throws NamingException {
		ConfigurableApplicationContext orders = Stock.start(this.applications, Orders.class, "orders",
				"spring.main.web-application-type=servlet", "spring.cloud.etcd.discovery.prefix=/skydns/local/services",
				"spring.cloud.etcd.discovery.format=skydns");
		assertThat(lookUp(ORDERS, "A")).containsExactly("127.0.0.1");
		assertThat(orders.getBean(DiscoveryClient.class).getInstances("orders")).as("it is not read").isEmpty();
	}

	@Test
	void haProxyBalancesAsThePageSays() throws IOException {
		String prefix = "spring.cloud.etcd.discovery.write-also.service-prefix=/skydns/local/services/_tcp/_orders";
		ConfigurableApplicationContext first = start(prefix);
		int port = LoopbackPorts.next();
		Path configuration = this.folder.resolve("haproxy.cfg");
		Files.writeString(configuration,
				"defaults\n    mode http\n    timeout connect 2s\n    timeout client 5s\n    timeout server 5s\n"
						+ PAGE.blocks("haproxy").get(0).replace("127.0.0.1:53", "127.0.0.1:" + this.dns)
						+ "\nfrontend web\n    bind 127.0.0.1:" + port + "\n    default_backend orders\n");
		this.processes.add(new ServerProcess(Map.of(), Pattern.compile("unused"),
				List.of("haproxy", "-db", "-f", configuration.toString())));
		awaitAnswers(port, first);
		ConfigurableApplicationContext second = start(prefix);
		awaitAnswers(port, first, second);
		first.close();
		awaitAnswers(port, second);
	}

	/** Waits until these instances answer, and no other one. */
	private static void awaitAnswers(int port, ConfigurableApplicationContext... instances) {
		RestClient client = RestClient.create("http://127.0.0.1:" + port + "/hello");
		await().atMost(SOON).ignoreExceptions().untilAsserted(() -> {
			Set<String> answers = new HashSet<>();
			for (int i = 0; i < 6; i++) {
				answers.add(client.get().retrieve().body(String.class));
			}
			assertThat(answers).containsExactlyInAnyOrder(Stream.of(instances)
				.map((instance) -> "spring@127.0.0.1:" + TestApplications.port(instance))
				.toArray(String[]::new));
		});
	}

	private ConfigurableApplicationContext start(String... further) {
		return Stock.start(this.applications, Orders.class, "orders", properties(further));
	}

	/** What the page says to set, except where etcd is. */
	private static String[] properties(String... further) {
		Map<String, String> properties = Document.properties(PAGE.blocks("yaml").get(0));
		assertThat(properties).containsEntry("spring.application.name", "orders");
		properties.remove("spring.cloud.etcd.endpoints");
		Stream<String> page = properties.entrySet().stream().map((entry) -> entry.getKey() + "=" + entry.getValue());
		return Stream.of(page, Stream.of("spring.main.web-application-type=servlet"), Stream.of(further))
			.flatMap((part) -> part)
			.toArray(String[]::new);
	}

	private static List<String> weights(Set<String> services) {
		return services.stream().map((service) -> service.split(" ")[1]).toList();
	}

	private void awaitRecords(String type, Consumer<Set<String>> assertion) {
		await().atMost(PROMPTLY).untilAsserted(() -> assertion.accept(lookUp(ORDERS, type)));
	}

	/** Returns the records of a type, none if the name does not exist. */
	private Set<String> lookUp(String name, String type) throws NamingException {
		Hashtable<String, String> environment = new Hashtable<>(Map.of("java.naming.factory.initial",
				"com.sun.jndi.dns.DnsContextFactory", "java.naming.provider.url", "dns://127.0.0.1:" + this.dns));
		InitialDirContext context = new InitialDirContext(environment);
		try {
			Attribute records = context.getAttributes(name, new String[] { type }).get(type);
			Set<String> found = new HashSet<>();
			for (int i = 0; records != null && i < records.size(); i++) {
				found.add(String.valueOf(records.get(i)));
			}
			return found;
		}
		catch (NameNotFoundException ex) {
			return Set.of();
		}
		finally {
			context.close();
		}
	}

}
