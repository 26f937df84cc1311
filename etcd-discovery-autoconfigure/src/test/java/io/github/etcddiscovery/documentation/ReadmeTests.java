package io.github.etcddiscovery.documentation;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.sun.net.httpserver.HttpServer;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.format.JsonInstanceCodec;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the README and the page on registering say is what the code does.
 */
class ReadmeTests {

	private final Document readme = Document.of("README.md");

	private final Document registering = Document.of("docs/registering.md");

	@Test
	void javaIsThatOfCompiledClasses() {
		List<String> blocks = this.readme.blocks("java");
		assertThat(blocks).hasSize(2);
		assertThat(this.registering.blocks("java")).singleElement()
			.satisfies((block) -> assertThat(Document.source("FurtherRegistration")).endsWith(block));
		assertThat(Document.source("StockClientConfiguration")).endsWith(blocks.get(0));
		assertThat(Document.source("StockClient")).endsWith(blocks.get(1));
	}

	@Test
	void recordIsReadByOurCodec() {
		Matcher record = Pattern.compile("/services/(\\S+)/(\\S+)\n(\\{.*})").matcher(this.registering.text());
		assertThat(record.find()).isTrue();
		InstanceKey key = new InstanceKey(record.group(1), record.group(2));
		JsonInstanceCodec codec = new JsonInstanceCodec();
		byte[] value = record.group(3).getBytes(StandardCharsets.UTF_8);
		assertThat(codec.encode(codec.decode(key, value))).isEqualTo(value);
	}

	@Test
	void dependencyHasTheVersionThatIsBuilt() {
		Matcher version = Pattern.compile("<artifactId>etcd-discovery</artifactId>\\s*<version>(.*?)</version>")
			.matcher(Document.of("pom.xml").text());
		assertThat(version.find()).isTrue();
		assertThat(this.readme.text()).contains("<version>" + version.group(1) + "</version>");
	}

	@Test
	void ciCallsBothCommands() {
		List<String> commands = this.readme.blocks("sh");
		assertThat(commands).hasSize(2);
		assertThat(Document.of(".ci/first-run").find("(grep '.*' README.md)")).singleElement()
			.satisfies((grep) -> assertThat(commands.get(0))
				.matches(grep.substring("grep '^".length(), grep.indexOf("' README")) + "\n"));
		assertThat(commands.get(1)).isEqualTo("mvn verify\n");
		assertThat(Document.of(".ci/run").text())
			.containsPattern("\nstage \"[^\"]+\" \\.ci/first-run\n" + "stage \"[^\"]+\" mvn [-a-zA-Z0-9.=, ]*verify\n")
			.contains("-Pslow,faults-apart,release ");
	}

	/**
	 * The example, on real etcd.
	 */
	@Nested
	@RequiresEtcd
	class OnEtcd {

		@Test
		void yamlAndJavaMakeAnApplicationThatRegistersAndCalls() throws IOException {
			HttpServer stock = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
			stock.createContext("/articles/7", (exchange) -> {
				exchange.sendResponseHeaders(200, 2);
				exchange.getResponseBody().write("42".getBytes(StandardCharsets.UTF_8));
				exchange.close();
			});
			stock.start();
			try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
					EtcdEyes eyes = new EtcdEyes(etcd.endpoint())) {
				eyes.put("/services/stock/1", "{\"host\":\"127.0.0.1\",\"port\":" + stock.getAddress().getPort() + "}");
				Map<String, String> yaml = Document.properties(ReadmeTests.this.readme.blocks("yaml").get(0));
				yaml.replace("spring.cloud.etcd.endpoints", "http://localhost:2379", etcd.endpoint());
				String[] arguments = Stream
					.concat(yaml.entrySet().stream().map((property) -> property.getKey() + "=" + property.getValue()),
							Stream.of("server.port=0", "server.address=127.0.0.1",
									"spring.cloud.etcd.discovery.drain=0s"))
					.map((property) -> "--" + property)
					.toArray(String[]::new);
				try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
					.run(arguments)) {
					assertThat(eyes.all("/services/orders/")).hasSize(1);
					assertThat(context.getBean(StockClient.class).stockOf("7")).isEqualTo("42");
					new FurtherRegistration(context.getBean(EtcdServiceRegistry.class)).register();
					assertThat(eyes.all("/services/orders-v2/")).hasSize(1);
				}
				assertThat(eyes.all("/services/")).containsOnlyKeys("/services/stock/1");
			}
			finally {
				stock.stop(0);
			}
		}

	}

	/**
	 * The application of the README.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(StockClientConfiguration.class)
	static class Application {

	}

}
