package io.github.etcddiscovery.benchmarks.performance;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an etcd counts of itself.
 */
final class EtcdMetrics {

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private static final Pattern METHOD = Pattern.compile(".*grpc_method=\"([^\"]*)\".*");

	private final String endpoint;

	EtcdMetrics(String endpoint) {
		this.endpoint = endpoint;
	}

	/** Bytes sent to clients, all of them together. */
	long bytesSent() throws IOException, InterruptedException {
		return sum("etcd_network_client_grpc_sent_bytes_total");
	}

	/** Reads that clients have asked for. */
	long reads() throws IOException, InterruptedException {
		return sum("grpc_server_started_total{grpc_method=\"Range\"");
	}

	/** Seconds of the processors that it has used. */
	double cpuSeconds() throws IOException, InterruptedException {
		return lines("process_cpu_seconds_total").mapToDouble(EtcdMetrics::value).sum();
	}

	/** The memory that its process has, in bytes. */
	long memory() throws IOException, InterruptedException {
		return sum("process_resident_memory_bytes");
	}

	/** What its file holds that has not been given up, in bytes. */
	long databaseBytes() throws IOException, InterruptedException {
		return sum("etcd_mvcc_db_total_size_in_use_in_bytes");
	}

	/** Calls that clients have begun, by their names. */
	Map<String, Long> calls() throws IOException, InterruptedException {
		return byMethod("grpc_server_started_total{");
	}

	/** Messages that clients have sent, by the names of the calls. */
	Map<String, Long> messages() throws IOException, InterruptedException {
		return byMethod("grpc_server_msg_received_total{");
	}

	private Map<String, Long> byMethod(String beginning) throws IOException, InterruptedException {
		return lines(beginning).collect(Collectors.toMap((line) -> METHOD.matcher(line).replaceFirst("$1"),
				(line) -> (long) value(line), Long::sum, TreeMap::new));
	}

	private long sum(String beginning) throws IOException, InterruptedException {
		return (long) lines(beginning).mapToDouble(EtcdMetrics::value).sum();
	}

	private static double value(String line) {
		return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
	}

	private Stream<String> lines(String beginning) throws IOException, InterruptedException {
		return HTTP
			.send(HttpRequest.newBuilder(URI.create(this.endpoint + "/metrics")).build(), BodyHandlers.ofString())
			.body()
			.lines()
			.filter((line) -> line.startsWith(beginning));
	}

}
