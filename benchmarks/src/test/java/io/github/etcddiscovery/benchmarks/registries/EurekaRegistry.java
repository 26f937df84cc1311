package io.github.etcddiscovery.benchmarks.registries;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;

import io.github.etcddiscovery.testsupport.TestApplications;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.netflix.eureka.server.EnableEurekaServer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/**
 * Spring Cloud Netflix Eureka, and its server in this process.
 */
public final class EurekaRegistry implements RegistryServer {

	private static final String INSTANCE = """
			{"instance":{"instanceId":"%1$s:%2$d","app":"%3$s","hostName":"%1$s","ipAddr":"%1$s","vipAddress":"%3$s",
			"status":"UP","port":{"$":%2$d,"@enabled":"true"},"securePort":{"$":443,"@enabled":"false"},
			"leaseInfo":{"durationInSecs":86400},
			"dataCenterInfo":{"@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo","name":"MyOwn"}}}
			""";

	private final HttpClient http = HttpClient.newHttpClient();

	private final ConfigurableApplicationContext server = TestApplications.run(
			new SpringApplicationBuilder(Server.class).web(WebApplicationType.SERVLET),
			Map.of("spring.application.name", "eureka", "server.port", "0", "server.address", "127.0.0.1",
					"eureka.client.enabled", "true", "eureka.client.register-with-eureka", "false",
					"eureka.client.fetch-registry", "false", "logging.level.root", "error"));

	private final String url = "http://127.0.0.1:" + TestApplications.port(this.server) + "/eureka/";

	@Override
	public Map<String, String> properties() {
		return Map.of("eureka.client.enabled", "true", "eureka.client.service-url.defaultZone", this.url);
	}

	@Override
	public void register(int port) throws Exception {
		send(HttpRequest.newBuilder(URI.create(this.url + "apps/" + SERVICE))
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString(INSTANCE.formatted(HOST, port, SERVICE)))
			.build());
	}

	@Override
	public void deregister(int port) throws Exception {
		send(HttpRequest.newBuilder(URI.create(this.url + "apps/" + SERVICE + "/" + HOST + ":" + port))
			.DELETE()
			.build());
	}

	private void send(HttpRequest request) throws Exception {
		HttpResponse<String> response = this.http.send(request, BodyHandlers.ofString());
		if (response.statusCode() >= 300) {
			throw new IllegalStateException(request + " answered " + response.statusCode() + " " + response.body());
		}
	}

	@Override
	public void close() {
		this.server.close();
	}

	/**
	 * The server.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableEurekaServer
	static class Server {

	}

}
