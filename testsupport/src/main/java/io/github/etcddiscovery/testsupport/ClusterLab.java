package io.github.etcddiscovery.testsupport;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import io.github.etcddiscovery.testsupport.EtcdProcess.Host;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cluster of three, each member in a network namespace of its own with two links: one
 * to the clients, which are in the namespace of the tests, and one to its peers. Each
 * link can be cut and slowed down by itself. The networks are of 198.18.0.0/15, which RFC
 * 2544 keeps free for such purposes. Nothing is left once it is closed.
 */
public final class ClusterLab implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(ClusterLab.class);

	private static final int SIZE = 3;

	/** A number that no other JVM has, since each has its own block of ports. */
	private final int number = (LoopbackPorts.next() / 500) % 100;

	private final List<EtcdProcess> members;

	private ClusterLab(EtcdBinary binary, String... flags) {
		ip("netns", "add", hub());
		try {
			ip("-n", hub(), "link", "add", "peers", "type", "bridge");
			ip("-n", hub(), "link", "set", "peers", "up");
			IntStream.range(0, SIZE).forEach(this::connect);
			this.members = EtcdProcess.startCluster(binary, IntStream.range(0, SIZE)
				.mapToObj((i) -> new Host(List.of("ip", "netns", "exec", member(i)), clientAddress(i), peerAddress(i)))
				.toList(), flags);
		}
		catch (RuntimeException ex) {
			deleteNamespaces();
			throw ex;
		}
	}

	/** Starts the members, with further flags of etcd's, and waits until they serve. */
	public static ClusterLab start(EtcdBinary binary, String... flags) {
		return new ClusterLab(binary, flags);
	}

	private void connect(int i) {
		String member = member(i);
		ip("netns", "add", member);
		ip("-n", member, "link", "set", "lo", "up");
		ip("link", "add", clients(i), "type", "veth", "peer", "name", "clients", "netns", member);
		ip("address", "add", "198.18.%d.%d/30".formatted(this.number, i * 4 + 1), "dev", clients(i));
		ip("link", "set", clients(i), "up");
		ip("-n", member, "address", "add", clientAddress(i) + "/30", "dev", "clients");
		ip("-n", member, "link", "set", "clients", "up");
		ip("-n", hub(), "link", "add", "member" + i, "type", "veth", "peer", "name", "peers", "netns", member);
		ip("-n", hub(), "link", "set", "member" + i, "master", "peers", "up");
		ip("-n", member, "address", "add", peerAddress(i) + "/24", "dev", "peers");
		ip("-n", member, "link", "set", "peers", "up");
	}

	/** The members, in the order of their numbers. */
	public List<EtcdProcess> members() {
		return this.members;
	}

	/** Where clients reach the members. */
	public String[] endpoints() {
		return this.members.stream().map(EtcdProcess::endpoint).toArray(String[]::new);
	}

	/** Cuts a member off from the others; clients still reach it. */
	public void cutFromPeers(int i) {
		ip("-n", hub(), "link", "set", "member" + i, "down");
	}

	/** Joins a member to the others again. */
	public void joinPeers(int i) {
		ip("-n", hub(), "link", "set", "member" + i, "up");
	}

	/** Drops all that a member sends to clients; it still reaches its peers. */
	public void cutFromClients(int i) {
		ip("-n", member(i), "route", "add", "blackhole", "198.18.%d.%d/32".formatted(this.number, i * 4 + 1));
	}

	/** Lets a member answer its clients again. */
	public void joinClients(int i) {
		ip("-n", member(i), "route", "del", "blackhole", "198.18.%d.%d/32".formatted(this.number, i * 4 + 1));
	}

	/**
	 * Limits what each member can send to its clients.
	 * @param rate as {@code tc} takes it, such as {@code 10mbit}
	 */
	public void limitToClients(String rate) {
		for (int i = 0; i < SIZE; i++) {
			Programs.run(List.of("tc", "-n", member(i), "qdisc", "replace", "dev", "clients", "root", "tbf", "rate",
					rate, "burst", "64kbit", "latency", "400ms"));
		}
	}

	private String hub() {
		return "etcdlab%d-hub".formatted(this.number);
	}

	private String member(int i) {
		return "etcdlab%d-%d".formatted(this.number, i);
	}

	private String clients(int i) {
		return "etcdlab%d-%d".formatted(this.number, i);
	}

	private String clientAddress(int i) {
		return "198.18.%d.%d".formatted(this.number, i * 4 + 2);
	}

	private String peerAddress(int i) {
		return "198.19.%d.%d".formatted(this.number, i + 1);
	}

	@Override
	public void close() {
		this.members.forEach(EtcdProcess::close);
		deleteNamespaces();
	}

	/** Links go with their namespaces, but not at once. */
	private void deleteNamespaces() {
		IntStream.range(0, SIZE).forEach((i) -> tryTo("ip", "link", "del", clients(i)));
		IntStream.range(0, SIZE).forEach((i) -> tryTo("ip", "netns", "del", member(i)));
		tryTo("ip", "netns", "del", hub());
	}

	private static void tryTo(String... command) {
		try {
			Programs.run(List.of(command));
		}
		catch (IllegalStateException ex) {
			logger.debug("Nothing to undo", ex);
		}
	}

	private static void ip(String... arguments) {
		List<String> command = new ArrayList<>(List.of("ip"));
		command.addAll(List.of(arguments));
		Programs.run(command);
	}

}
