package io.github.etcddiscovery.view;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.Programs;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TcpProxy;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Somebody who may write one service fills it with keys and values as large as etcd takes
 * them, 1.4 MB each. Others start in a small heap and over a slow network nevertheless.
 */
@RequiresEtcd
@Tag("slow")
class HostileSizesTests {

	private static final int LARGE = 1_400_000;

	/** 160 Mbit/s. */
	private static final long BYTES_PER_SECOND = 20_000_000;

	@Test
	void viewOfAnotherServiceIsReadInASmallHeap() throws Exception {
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
				EtcdEyes eyes = new EtcdEyes(etcd.endpoint());
				TcpProxy proxy = TcpProxy.to(etcd.endpoint())) {
			String longKey = "/services/evil/" + "x".repeat(LARGE);
			IntStream.range(0, 60).forEach((i) -> eyes.put(longKey + i, new byte[0]));
			IntStream.range(0, 60).forEach((i) -> eyes.put("/services/evil/" + i, new byte[LARGE]));
			IntStream.range(0, 1_000).forEach((i) -> eyes.put("/services/good/" + i, "http://10.0.0.5:" + (8_000 + i)));
			proxy.setBytesPerSecond(BYTES_PER_SECOND);
			Process program = new ProcessBuilder(Programs.jdk("java"), "-Xmx128m", "-cp",
					System.getProperty("java.class.path"), HostileSizesProgram.class.getName(), proxy.endpoint())
				.redirectErrorStream(true)
				.start();
			try {
				String output = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
				assertThat(program.waitFor(1, TimeUnit.MINUTES)).isTrue();
				assertThat(output).contains("1000 good, 120 rejected,").doesNotContain("OutOfMemoryError");
				int used = Integer.parseInt(output.replaceAll("(?s).*rejected, (\\d+) MiB.*", "$1"));
				assertThat(used).as("MiB in use").isLessThan(64);
			}
			finally {
				program.destroyForcibly();
			}
		}
	}

}
