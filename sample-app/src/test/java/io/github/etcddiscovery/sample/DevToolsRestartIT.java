package io.github.etcddiscovery.sample;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A restart by Spring Boot's DevTools: another context, with other classes, in the same
 * JVM.
 */
@RequiresEtcd
class DevToolsRestartIT {

	private static final Duration SOON = Duration.ofSeconds(30);

	private static final String PREFIX = "/services/sample-app/";

	@TempDir
	private Path watched;

	@Test
	void restartedApplicationIsRegisteredOnceAndLeavesNothingBehind() throws IOException {
		Path changing = this.watched.resolve("changing.properties");
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
				EtcdEyes eyes = new EtcdEyes(etcd.endpoint());
				SampleProcess sample = SampleProcess.startFromClasses(classPath(), "sample-app", etcd.endpoint(),
						"--spring.devtools.restart.poll-interval=200ms", "--spring.devtools.restart.quiet-period=100ms",
						"--spring.devtools.livereload.enabled=false")) {
			await().atMost(SOON).until(() -> eyes.all(PREFIX).size() == 1);
			Set<String> before = eyes.all(PREFIX).keySet();
			for (int i = 1; i <= 2; i++) {
				Files.writeString(changing, "again ".repeat(i));
				Set<String> former = before;
				await().atMost(SOON)
					.until(() -> eyes.all(PREFIX).size() == 1 && !eyes.all(PREFIX).keySet().equals(former));
				before = eyes.all(PREFIX).keySet();
			}
			assertThat(sample.log()).contains("restartedMain");
			await().atMost(SOON)
				.untilAsserted(() -> assertThat(sample.threads()).contains("etcd-view")
					.filteredOn((name) -> name.startsWith("etcd-"))
					.doesNotHaveDuplicates());
			sample.terminate();
			assertThat(sample.awaitEnd()).isTrue();
			assertThat(eyes.all(PREFIX)).isEmpty();
		}
	}

	private String classPath() {
		return this.watched + File.pathSeparator + System.getProperty("java.class.path");
	}

}
