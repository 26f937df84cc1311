package io.github.etcddiscovery.testsupport;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;

/**
 * Looks into etcd and meddles with it through a plain jetcd client, so that a test does
 * not judge our code by our code.
 */
public final class EtcdEyes implements AutoCloseable {

	private final Client client;

	public EtcdEyes(String endpoint) {
		this(Client.builder().endpoints(endpoint).build());
	}

	/** Looks through a client that is closed with this. */
	public EtcdEyes(Client client) {
		this.client = client;
	}

	/** Looks into one that asks who you are. */
	public static EtcdEyes asRoot(String endpoint) {
		return new EtcdEyes(Client.builder().endpoints(endpoint).user(bytes("root")).password(bytes("root")).build());
	}

	public void put(String key, String value) {
		done(this.client.getKVClient().put(bytes(key), bytes(value)));
	}

	/** Puts a value that may be anything. */
	public void put(String key, byte[] value) {
		done(this.client.getKVClient().put(bytes(key), ByteSequence.from(value)));
	}

	public void put(String key, String value, long lease) {
		done(this.client.getKVClient().put(bytes(key), bytes(value), PutOption.builder().withLeaseId(lease).build()));
	}

	public void delete(String key) {
		done(this.client.getKVClient().delete(bytes(key)));
	}

	public void deleteAll(String prefix) {
		done(this.client.getKVClient().delete(bytes(prefix), DeleteOption.builder().isPrefix(true).build()));
	}

	/** Returns the entry, {@code null} if there is none. */
	public KeyValue get(String key) {
		return done(this.client.getKVClient().get(bytes(key))).getKvs().stream().findFirst().orElse(null);
	}

	public Map<String, String> all(String prefix) {
		return all(prefix, 0);
	}

	public long revision() {
		return done(this.client.getKVClient().get(bytes("/"))).getHeader().getRevision();
	}

	/** The entries with a prefix, as they were at a revision. */
	public Map<String, String> all(String prefix, long revision) {
		GetOption option = GetOption.builder().isPrefix(true).withRevision(revision).build();
		Map<String, String> found = new LinkedHashMap<>();
		done(this.client.getKVClient().get(bytes(prefix), option)).getKvs()
			.forEach((entry) -> found.put(entry.getKey().toString(), entry.getValue().toString()));
		return found;
	}

	/** Whether the member at this endpoint leads its cluster. */
	public boolean isLeader(String endpoint) {
		var status = done(this.client.getMaintenanceClient().statusMember(endpoint));
		return status.getLeader() == status.getHeader().getMemberId();
	}

	public void compact(long revision) {
		done(this.client.getKVClient().compact(revision));
	}

	public long grant(long seconds) {
		return done(this.client.getLeaseClient().grant(seconds)).getID();
	}

	public void revoke(long lease) {
		done(this.client.getLeaseClient().revoke(lease));
	}

	/** The ttl a lease was granted with, -1 if there is no such lease. */
	public long grantedTtl(long lease) {
		var response = done(this.client.getLeaseClient().timeToLive(lease, LeaseOption.DEFAULT));
		return (response.getTTL() < 0) ? -1 : response.getGrantedTTL();
	}

	/** The seconds a lease has to live, -1 if there is no such lease. */
	public long remainingTtl(long lease) {
		return done(this.client.getLeaseClient().timeToLive(lease, LeaseOption.DEFAULT)).getTTL();
	}

	public List<Long> leasesOf(String prefix) {
		return done(this.client.getKVClient().get(bytes(prefix), GetOption.builder().isPrefix(true).build())).getKvs()
			.stream()
			.map(KeyValue::getLease)
			.toList();
	}

	public Client client() {
		return this.client;
	}

	@Override
	public void close() {
		this.client.close();
	}

	public static ByteSequence bytes(String text) {
		return ByteSequence.from(text, StandardCharsets.UTF_8);
	}

	private static <T> T done(CompletableFuture<T> future) {
		return future.orTimeout(10, TimeUnit.SECONDS).join();
	}

}
