package io.github.etcddiscovery.benchmarks.performance;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.Lease;
import io.etcd.jetcd.lease.LeaseGrantResponse;
import io.etcd.jetcd.options.PutOption;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What instances cost etcd: memory, renewals, changes and readings, each measured by what
 * etcd counts of itself; and what follows from that, and from what consumers cost, for
 * numbers that do not fit on one machine.
 */
final class EtcdCosts {

	static final String UNITS = "etcd-costs";

	static final String INSTANCES = "scale-instances";

	static final String CONSUMERS = "scale-consumers";

	private static final Logger logger = LoggerFactory.getLogger(EtcdCosts.class);

	private static final String PREFIX = "/services/";

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private static final int AT_ONCE = 64;

	/** The default heartbeat of the starter, in seconds. */
	private static final double HEARTBEAT = 3;

	private static final int SECONDS_A_DAY = 86_400;

	private final Scale scale;

	private final Result consumers;

	/**
	 * Creates it.
	 * @param scale how much to measure
	 * @param consumers what {@link Consumers} has found
	 */
	EtcdCosts(Scale scale, Result consumers) {
		this.scale = scale;
		this.consumers = consumers;
	}

	List<Result> run() throws Exception {
		Units units = measure();
		List<Result> results = List.of(units.shown(), instances(units), consumers(units));
		for (Result result : results) {
			result.write(this.scale.folder());
		}
		return results;
	}

	private Units measure() throws Exception {
		int instances = this.scale.isSmall() ? 1_000 : 100_000;
		int calls = this.scale.isSmall() ? 500 : 20_000;
		int readings = this.scale.isSmall() ? 1 : 5;
		try (EtcdProcess etcd = EtcdProcess.startWith(EtcdBinary.newest(), "--quota-backend-bytes=4294967296");
				Client client = Client.builder().endpoints(etcd.endpoint()).build();
				EtcdClient own = EtcdClient.create(EtcdClientOptions.of(etcd.endpoint()))) {
			EtcdMetrics metrics = new EtcdMetrics(etcd.endpoint());
			Lease leases = client.getLeaseClient();
			KV kv = client.getKVClient();
			Population population = new Population(client, PREFIX, instances);
			long memory = metrics.memory();
			long database = metrics.databaseBytes();
			long[] ids = new long[instances];
			Pipeline.run(instances, AT_ONCE,
					(i) -> leases.grant(600).thenApply(LeaseGrantResponse::getID).thenCompose((id) -> {
						ids[i] = id;
						return kv.put(population.key(i), population.value(i, 8_080),
								PutOption.builder().withLeaseId(id).build());
					}));
			logger.info("{} instances are registered", instances);
			memory = metrics.memory() - memory;
			database = metrics.databaseBytes() - database;
			double before = metrics.cpuSeconds();
			Pipeline.run(calls, AT_ONCE, (i) -> leases.keepAliveOnce(ids[i % instances]));
			double renewals = metrics.cpuSeconds() - before;
			before = metrics.cpuSeconds();
			Pipeline.run(calls, AT_ONCE,
					(i) -> kv.put(population.key(i % instances), population.value(i % instances, 9_090),
							PutOption.builder().withLeaseId(ids[i % instances]).build()));
			double changes = metrics.cpuSeconds() - before;
			before = metrics.cpuSeconds();
			long sent = metrics.bytesSent();
			for (int i = 0; i < readings; i++) {
				own.list(PREFIX, (page) -> {
				}).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
			}
			double read = (double) instances * readings;
			Map<String, Object> crowd = this.consumers.rows().get(this.consumers.rows().size() - 1);
			double watching = Plot.number(crowd, "consumers");
			return new Units(memory / (double) instances, database / (double) instances, renewals * 1e6 / calls,
					changes * 1e6 / calls, (metrics.cpuSeconds() - before) * 1e6 / read,
					(metrics.bytesSent() - sent) / read, Plot.number(crowd, Consumers.MEMORY) * 1e3 / watching,
					Plot.number(crowd, Consumers.CPU) * 1e3 / watching);
		}
	}

	/** Each of them deployed anew once a day. */
	private static Result instances(Units units) {
		Result result = Result.of(INSTANCES);
		for (long instances : List.of(10L, 1_000L, 10_000L, 100_000L, 1_000_000L)) {
			result.add("instances", instances, "memory MB", instances * units.memory / 1e6, "database MB",
					instances * units.database / 1e6, "renewals a second", instances / HEARTBEAT,
					"processors for renewals", instances / HEARTBEAT * units.renewal / 1e6, "changes a second",
					3.0 * instances / SECONDS_A_DAY, "one reading MB", instances * units.readBytes / 1e6,
					"CPU s of one reading", instances * units.reading / 1e6);
		}
		return result;
	}

	/** All of which follow all that changes. */
	private static Result consumers(Units units) {
		Result result = Result.of(CONSUMERS);
		for (long consumers : List.of(10L, 100L, 1_000L, 10_000L, 100_000L)) {
			result.add("consumers", consumers, "memory MB", consumers * units.consumerMemory / 1e3,
					"processors at 1 change a second", consumers * units.delivery / 1e6, "at 10 a second",
					consumers * units.delivery / 1e5, "at 100 a second", consumers * units.delivery / 1e4,
					"CPU s if all read 10,000 instances at once", consumers * 10_000.0 * units.reading / 1e6);
		}
		return result;
	}

	/**
	 * What each costs.
	 *
	 * @param memory bytes of etcd's memory an instance, with its lease
	 * @param database bytes of etcd's file an instance, with its lease
	 * @param renewal microseconds of a processor
	 * @param change microseconds of a processor
	 * @param reading microseconds of a processor an instance
	 * @param readBytes bytes sent an instance
	 * @param consumerMemory kilobytes of etcd's memory a consumer
	 * @param delivery microseconds of a processor a consumer and change
	 */
	private record Units(double memory, double database, double renewal, double change, double reading,
			double readBytes, double consumerMemory, double delivery) {

		Result shown() {
			Result result = Result.of(UNITS);
			result.add("what", "memory of an instance and its lease", "costs", bytes(this.memory));
			result.add("what", "database file, an instance and its lease", "costs", bytes(this.database));
			result.add("what", "renewing a lease", "costs", micros(this.renewal));
			result.add("what", "changing an instance, nobody following", "costs", micros(this.change));
			result.add("what", "reading an instance with all others", "costs",
					micros(this.reading) + ", " + bytes(this.readBytes));
			result.add("what", "memory of a consumer: connection and watch", "costs", bytes(this.consumerMemory * 1e3));
			result.add("what", "telling one consumer of a change", "costs", micros(this.delivery));
			return result;
		}

		private static String bytes(double bytes) {
			return String.format(Locale.ROOT, "%,.0f bytes", bytes);
		}

		private static String micros(double micros) {
			return String.format(Locale.ROOT, "%.1f µs of a processor", micros);
		}

	}

}
