package io.github.etcddiscovery.benchmarks.performance;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;

import io.etcd.jetcd.Client;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.Programs;

/**
 * How long a view takes to know all instances, in a process with little memory
 * ({@link Reading}).
 */
final class FirstReading {

	static final String NAME = "first-reading";

	private static final String HEAP = "-Xmx160m";

	private final Scale scale;

	FirstReading(Scale scale) {
		this.scale = scale;
	}

	Result run() throws Exception {
		Result result = Result.of(NAME);
		for (int present : this.scale.present()) {
			try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
					Client client = Client.builder().endpoints(etcd.endpoint()).build()) {
				new Population(client, Kind.STARTER.prefix(), present).write();
				measure(etcd.endpoint(), present, result);
			}
		}
		result.write(this.scale.folder());
		return result;
	}

	private void measure(String endpoint, int present, Result result) throws Exception {
		int rounds = this.scale.isSmall() ? 4 : 30;
		Process process = new ProcessBuilder(Programs.jdk("java"), HEAP, "-cp", System.getProperty("java.class.path"),
				Reading.class.getName(), endpoint, String.valueOf(rounds))
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		Samples decoding = new Samples();
		Samples view = new Samples();
		long retained = 0;
		try (BufferedReader lines = new BufferedReader(
				new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
			int round = 0;
			for (String line = lines.readLine(); line != null; line = lines.readLine()) {
				List<String> words = List.of(line.split(" "));
				if (words.get(0).equals("retained")) {
					retained = Long.parseLong(words.get(1));
				}
				// The first half is for the compiler.
				if (words.get(0).equals("round") && round++ >= rounds / 2) {
					decoding.add(Long.parseLong(words.get(1)));
					view.add(Long.parseLong(words.get(2)));
				}
			}
			if (process.waitFor() != 0) {
				throw new IllegalStateException("It ended after " + view.n() + " readings that count");
			}
		}
		finally {
			process.destroyForcibly();
		}
		result.add("instances", present, "n", view.n(), "decoding alone ms", decoding.medianMillis(), "view ms",
				view.medianMillis(), "view at most ms", view.quantileMillis(1), "to decoding",
				view.medianMillis() / decoding.medianMillis(), "bytes retained", retained, "for each",
				retained / present);
	}

}
