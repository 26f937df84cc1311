package grpc;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.Programs;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.ServerProcess;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Spring gRPC 1.0: the server is registered with its port, and a client finds it by name.
 */
@RequiresEtcd
class GrpcIT {

	private static final Pattern REGISTERED = Pattern.compile("Registered /services/grpc/127\\.0\\.0\\.1:(\\d+)");

	@Test
	void serverIsRegisteredAndItsClientFindsIt() {
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
				ServerProcess application = new ServerProcess(Map.of(), REGISTERED,
						List.of(Programs.jdk("java"), "-Xmx192m", "-jar", System.getProperty("sample.jar"),
								"--spring.application.name=grpc", "--spring.grpc.server.port=0",
								"--spring.grpc.server.host=127.0.0.1",
								"--spring.cloud.etcd.endpoints=" + etcd.endpoint(),
								"--spring.cloud.etcd.discovery.host=127.0.0.1"))) {
			assertThat(application.port()).isPositive();
			await().atMost(Duration.ofSeconds(20))
				.untilAsserted(() -> assertThat(application.log()).contains("The service says SERVING"));
		}
	}

}
