package io.github.etcddiscovery.benchmarks.performance;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.TestApplications;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;

import static org.awaitility.Awaitility.await;

/**
 * What one application asks of etcd while nothing changes: it is registered, and sees all
 * services.
 */
final class AtRest {

	static final String NAME = "at-rest";

	static final String CALL = "call";

	static final String OPENED = "opened at the start";

	static final String BEGUN = "begun a minute";

	static final String MESSAGES = "messages a minute";

	private final Scale scale;

	AtRest(Scale scale) {
		this.scale = scale;
	}

	Result run() throws Exception {
		Duration time = Duration.ofSeconds(this.scale.isSmall() ? 10 : 60);
		Result result = Result.of(NAME);
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest())) {
			EtcdMetrics metrics = new EtcdMetrics(etcd.endpoint());
			Map<String, Long> atFirst = metrics.calls();
			ConfigurableApplicationContext context = TestApplications.run(
					new SpringApplicationBuilder(Source.Default.class).web(WebApplicationType.NONE),
					Map.of("spring.application.name", "orders", "spring.cloud.etcd.endpoints", etcd.endpoint(),
							"spring.cloud.etcd.discovery.port", "8080", "spring.cloud.etcd.enabled", "true"));
			try (context) {
				await().until(() -> context.getBean(DiscoveryClient.class).getInstances("orders").size() == 1);
				Map<String, Long> calls = metrics.calls();
				Map<String, Long> messages = metrics.messages();
				Clock.pass(time);
				Map<String, Long> callsAfter = metrics.calls();
				Map<String, Long> messagesAfter = metrics.messages();
				for (String call : new TreeSet<>(messagesAfter.keySet())) {
					if (messagesAfter.get(call) > 0) {
						result.add(CALL, call, OPENED, calls.get(call) - atFirst.get(call), "seconds", time.toSeconds(),
								BEGUN, aMinute(callsAfter.get(call) - calls.get(call), time), MESSAGES,
								aMinute(messagesAfter.get(call) - messages.get(call), time));
					}
				}
			}
		}
		result.write(this.scale.folder());
		return result;
	}

	private static double aMinute(long count, Duration time) {
		return count * 60.0 / time.toSeconds();
	}

	/** The calls that were begun at rest, by name. */
	static List<String> begun(Result result) {
		return result.rows()
			.stream()
			.filter((row) -> !row.get(BEGUN).equals(0.0))
			.map((row) -> String.valueOf(row.get(CALL)))
			.toList();
	}

}
