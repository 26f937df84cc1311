package io.github.etcddiscovery.test;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.testsupport.Programs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * etcd's own command against the embedded server. Skipped where there is none; in CI it
 * is required.
 */
class EtcdctlTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private final EmbeddedEtcd etcd = EmbeddedEtcd.start();

	@BeforeAll
	static void requireEtcdctl() {
		assumeTrue(Programs.find("etcdctl").isPresent() || System.getenv("CI") != null, "No etcdctl on the path");
	}

	@AfterEach
	void stop() {
		this.etcd.close();
	}

	@Test
	void putsGetsAndDeletes() throws IOException {
		assertThat(etcdctl("put", "a", "1")).isEqualTo("OK");
		assertThat(etcdctl("put", "a", "2", "--prev-kv")).isEqualTo("OK\na\n1");
		etcdctl("put", "b", "3");
		assertThat(etcdctl("get", "--prefix", "")).isEqualTo("a\n2\nb\n3");
		assertThat(etcdctl("get", "--rev=2", "a")).isEqualTo("a\n1");
		assertThat(etcdctl("get", "--from-key", "a", "--keys-only", "--sort-by=modify", "--order=DESCEND"))
			.containsSubsequence("b", "a");
		assertThat(etcdctl("del", "--prefix", "")).isEqualTo("2");
	}

	@Test
	void runsTransactions() throws IOException {
		etcdctl("put", "a", "1");
		String transaction = "value(\"a\") = \"1\"\n\nput b yes\nget a\n\nput b no\n\n";
		assertThat(etcdctlWith(transaction, "txn")).startsWith("SUCCESS").contains("OK", "a\n1");
		assertThat(etcdctl("get", "b", "--print-value-only")).isEqualTo("yes");
		assertThat(etcdctlWith("ver(\"a\") = \"1\"\n\nput c yes\n\nput c no\n\n", "txn")).startsWith("SUCCESS");
		assertThat(etcdctlWith("mod(\"a\") > \"9\"\n\nput c yes\n\nput c no\n\n", "txn")).startsWith("FAILURE");
	}

	@Test
	void watches() throws IOException {
		etcdctl("put", "a", "1");
		Process watch = start("watch", "--rev=2", "--prev-kv", "--prefix", "a");
		try {
			etcdctl("put", "ab", "2");
			etcdctl("del", "a");
			StringBuilder seen = new StringBuilder();
			await().atMost(SOON).until(() -> {
				byte[] more = watch.getInputStream().readNBytes(watch.getInputStream().available());
				return seen.append(new String(more, StandardCharsets.UTF_8)).toString().contains("DELETE");
			});
			assertThat(seen.toString()).isEqualTo("PUT\na\n1\nPUT\nab\n2\nDELETE\na\n1\na\n\n");
		}
		finally {
			watch.destroy();
		}
	}

	@Test
	void managesLeases() throws IOException {
		String granted = etcdctl("lease", "grant", "60");
		assertThat(granted).matches("lease [0-9a-f]{16} granted with TTL\\(60s\\)");
		String id = granted.split(" ")[1];
		etcdctl("put", "--lease=" + id, "a", "1");
		assertThat(etcdctl("lease", "list")).isEqualTo("found 1 leases\n" + id);
		assertThat(etcdctl("lease", "timetolive", "--keys", id)).contains("granted with TTL(60s)",
				"attached keys([a])");
		assertThat(etcdctl("lease", "keep-alive", "--once", id)).contains("keepalived with TTL(60)");
		assertThat(etcdctl("lease", "revoke", id)).isEqualTo("lease " + id + " revoked");
		assertThat(etcdctl("get", "a")).isEmpty();
		assertThat(etcdctl("lease", "list")).isEqualTo("found 0 leases");
	}

	@Test
	void looksAtTheMember() throws IOException {
		assertThat(etcdctl("member", "list")).contains("started, embedded-etcd, " + this.etcd.endpoint());
		assertThat(etcdctl("endpoint", "status")).contains(this.etcd.endpoint(), "3.7.3", "true");
		assertThat(etcdctl("endpoint", "health")).contains("is healthy");
		assertThat(etcdctl("endpoint", "hashkv")).contains(this.etcd.endpoint());
		assertThat(etcdctl("alarm", "list")).isEmpty();
		assertThat(etcdctl("defrag")).contains("Finished defragmenting");
		etcdctl("put", "a", "1");
		assertThat(etcdctl("compact", "2")).isEqualTo("compacted revision 2");
	}

	@Test
	void locksAndElectsByMeansOfKeysAndLeases() throws IOException {
		assertThat(etcdctl("lock", "door", "echo", "inside")).isEqualTo("inside");
		Process leader = start("elect", "office", "first");
		try {
			await().atMost(SOON)
				.until(() -> etcdctl("get", "--prefix", "office", "--print-value-only").equals("first"));
		}
		finally {
			leader.destroy();
		}
	}

	@Test
	void whatIsMissingIsRefusedWithAClearText() throws IOException {
		assertThat(etcdctl("user", "list"))
			.contains("The embedded etcd does not have etcdserverpb.Auth/UserList: it is for tests and first runs");
	}

	private String etcdctl(String... arguments) throws IOException {
		return etcdctlWith("", arguments);
	}

	private String etcdctlWith(String input, String... arguments) throws IOException {
		Process process = start(arguments);
		process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
		process.getOutputStream().close();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
		try {
			assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		return output;
	}

	private Process start(String... arguments) throws IOException {
		List<String> command = new ArrayList<>(List.of("etcdctl", "--endpoints=" + this.etcd.endpoint()));
		command.addAll(List.of(arguments));
		return new ProcessBuilder(command).redirectErrorStream(true).start();
	}

}
