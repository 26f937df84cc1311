package io.github.etcddiscovery.faults;

import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.Txn;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.PutOption;
import io.github.etcddiscovery.testsupport.EtcdEyes;

/**
 * Writes under a prefix without a pause, straight to etcd, until it is closed: keys come,
 * change and go, several in one transaction now and then. What fails is not repeated.
 */
final class Churn implements AutoCloseable {

	private static final int KEYS = 30;

	private final KV etcd;

	private final String prefix;

	private final Random random;

	private final CompletableFuture<Void> ended;

	private volatile boolean closing;

	Churn(Client client, String prefix, long seed) {
		this.etcd = client.getKVClient();
		this.prefix = prefix;
		this.random = new Random(seed);
		this.ended = CompletableFuture.runAsync(this::write);
	}

	private void write() {
		while (!this.closing) {
			Txn txn = this.etcd.txn();
			int first = this.random.nextInt(KEYS);
			int keys = (this.random.nextInt(4) == 0) ? 3 : 1;
			Op[] operations = new Op[keys];
			for (int i = 0; i < keys; i++) {
				operations[i] = operation((first + i) % KEYS);
			}
			try {
				txn.Then(operations).commit().get(1, TimeUnit.SECONDS);
			}
			catch (Exception ex) {
				// That is what the faults are for.
			}
		}
	}

	private Op operation(int key) {
		String name = this.prefix + "instance-" + key;
		return (this.random.nextInt(3) == 0) ? Op.delete(EtcdEyes.bytes(name), DeleteOption.DEFAULT)
				: Op.put(EtcdEyes.bytes(name), EtcdEyes.bytes("value " + this.random.nextInt()), PutOption.DEFAULT);
	}

	@Override
	public void close() {
		this.closing = true;
		this.ended.join();
	}

}
