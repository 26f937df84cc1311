package io.github.etcddiscovery.benchmarks.performance;

import java.util.concurrent.CompletableFuture;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.PutOption;

import static io.github.etcddiscovery.testsupport.EtcdEyes.bytes;

/**
 * The instances that are there: services of ten, each instance about 300 bytes in etcd.
 */
final class Population {

	/** The service whose only instance is changed. */
	static final String PROBE = "probe";

	private static final String ONE = "stock";

	private static final int SERVICE_SIZE = 10;

	/** etcd takes 128 operations in a transaction. */
	private static final int TRANSACTION = 100;

	private static final int AT_ONCE = 16;

	private final Client client;

	private final String prefix;

	private final int size;

	private final boolean oneService;

	/** Services of ten under a prefix. */
	Population(Client client, String prefix, int size) {
		this(client, prefix, size, false);
	}

	private Population(Client client, String prefix, int size, boolean oneService) {
		this.client = client;
		this.prefix = prefix;
		this.size = size;
		this.oneService = oneService;
	}

	/** One service that is under a prefix of its own. */
	static Population ofOneService(Client client, String prefix, int size) {
		return new Population(client, prefix, size, true);
	}

	/** Writes all instances. */
	void write() throws Exception {
		Pipeline.run((this.size + TRANSACTION - 1) / TRANSACTION, AT_ONCE, (number) -> write(number * TRANSACTION));
	}

	/** Writes as many as fit into a transaction. */
	private CompletableFuture<?> write(int from) {
		Op[] puts = new Op[Math.min(TRANSACTION, this.size - from)];
		for (int i = 0; i < puts.length; i++) {
			puts[i] = Op.put(key(from + i), value(from + i, 8080), PutOption.DEFAULT);
		}
		return this.client.getKVClient().txn().Then(puts).commit();
	}

	/** The key of one of them. */
	ByteSequence key(int index) {
		return bytes(this.prefix + (this.oneService ? "" : service(index) + "/") + instance(index));
	}

	/** What stands there, at this port. */
	ByteSequence value(int index, int port) {
		return value(this.oneService ? ONE : service(index), instance(index), port);
	}

	/** What stands at the instance that is looked for. */
	static ByteSequence probe(int port) {
		return value(PROBE, "instance", port);
	}

	private static ByteSequence value(String service, String instance, int port) {
		return bytes(("{\"serviceId\":\"%s\",\"instanceId\":\"%s\",\"host\":\"10.1.2.3\",\"port\":%d,\"secure\":false,"
				+ "\"status\":\"UP\",\"metadata\":{\"zone\":\"eu-central-1a\",\"version\":\"2.17.3\",\"weight\":\"100\","
				+ "\"team\":\"%s\"}}")
			.formatted(service, instance, port, "fulfilment and returns"));
	}

	private static String service(int index) {
		return "service-" + index / SERVICE_SIZE;
	}

	private static String instance(int index) {
		return "10.1.%d.%d:8080".formatted(index / 250, index % 250);
	}

}
