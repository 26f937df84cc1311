package io.github.etcddiscovery.testsupport;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

import com.jayway.jsonpath.JsonPath;
import org.awaitility.Awaitility;

import org.springframework.util.FileSystemUtils;

/**
 * A real, single-node etcd on free loopback ports, with a data directory of its own.
 */
public final class EtcdProcess implements AutoCloseable {

	private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

	/** A build that is interrupted leaves none of them behind. */
	private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

	static {
		Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
	}

	private final Path folder;

	private final int clientPort;

	private final int peerPort;

	private final TestCertificates certificates;

	private Host host;

	private List<String> flags;

	private EtcdBinary binary;

	private String name = "test";

	/** All members, as etcd wants to be told them. */
	private String cluster;

	/** Where the other members reach it, if not at its own address. */
	private String link;

	private Process process;

	private EtcdProcess(EtcdBinary binary, Path folder, TestCertificates certificates, List<String> flags) {
		this(binary, folder, certificates, flags, Host.THIS);
	}

	private EtcdProcess(EtcdBinary binary, Path folder, TestCertificates certificates, List<String> flags, Host host) {
		this(binary, folder, certificates, flags, host, LoopbackPorts.next());
	}

	private EtcdProcess(EtcdBinary binary, Path folder, TestCertificates certificates, List<String> flags, Host host,
			int clientPort) {
		this.host = host;
		this.binary = binary;
		this.folder = folder;
		this.certificates = certificates;
		this.flags = flags;
		this.clientPort = clientPort;
		this.peerPort = LoopbackPorts.next();
		this.cluster = member();
	}

	/** Starts one and waits until it serves. */
	public static EtcdProcess start(EtcdBinary binary) {
		return startWith(binary);
	}

	/**
	 * Starts one with etcd's own election timeout, on which the shortest lease that it
	 * grants depends.
	 */
	public static EtcdProcess startWithDefaults(EtcdBinary binary) {
		return startWith(binary, "--heartbeat-interval", "100", "--election-timeout", "1000");
	}

	/** Starts one that speaks TLS and asks its clients for a certificate. */
	public static EtcdProcess start(EtcdBinary binary, TestCertificates certificates) {
		return new EtcdProcess(binary, newFolder(), certificates,
				List.of("--client-cert-auth", "--trusted-ca-file", certificates.authority()))
			.launchAndAwait();
	}

	/** Starts one that speaks TLS and does not ask its clients who they are. */
	public static EtcdProcess startForAnybody(EtcdBinary binary, TestCertificates certificates) {
		return new EtcdProcess(binary, newFolder(), certificates, List.of()).launchAndAwait();
	}

	/** Starts one at another address of this machine, such as {@code 127.0.0.2}. */
	public static EtcdProcess startAt(EtcdBinary binary, String address, int clientPort) {
		return new EtcdProcess(binary, newFolder(), null, List.of(), new Host(List.of(), address, "127.0.0.1"),
				clientPort)
			.launchAndAwait();
	}

	/** Starts one with further flags of etcd's. */
	public static EtcdProcess startWith(EtcdBinary binary, String... flags) {
		return new EtcdProcess(binary, newFolder(), null, List.of(flags)).launchAndAwait();
	}

	/**
	 * Starts the members of a cluster, with further flags of etcd's, and waits until all
	 * serve.
	 */
	public static List<EtcdProcess> startCluster(EtcdBinary binary, int size, String... flags) {
		return startCluster(binary, Collections.nCopies(size, Host.THIS), flags);
	}

	/**
	 * Starts the members of a cluster, each on a host of its own, and waits until all
	 * serve.
	 */
	static List<EtcdProcess> startCluster(EtcdBinary binary, List<Host> hosts, String... flags) {
		return startCluster(binary, hosts, UnaryOperator.identity(), flags);
	}

	/**
	 * Starts three members of a cluster that reach each other through links.
	 * @param link creates a link to the address of a member, and returns its own address
	 */
	public static List<EtcdProcess> startLinkedCluster(EtcdBinary binary, UnaryOperator<String> link) {
		return startCluster(binary, Collections.nCopies(3, Host.THIS), link);
	}

	private static List<EtcdProcess> startCluster(EtcdBinary binary, List<Host> hosts, UnaryOperator<String> link,
			String... flags) {
		List<EtcdProcess> members = hosts.stream()
			.map((host) -> new EtcdProcess(binary, newFolder(), null, List.of(flags), host))
			.toList();
		members.forEach((member) -> {
			member.name = "test-" + member.peerPort;
			member.link = link.apply(member.listening());
		});
		String cluster = members.stream().map(EtcdProcess::member).collect(Collectors.joining(","));
		try {
			members.forEach((member) -> {
				member.cluster = cluster;
				member.process = member.launch();
			});
			members.forEach(EtcdProcess::awaitServing);
			return members;
		}
		catch (RuntimeException ex) {
			members.forEach(EtcdProcess::close);
			throw ex;
		}
	}

	/** Adds a member that does not vote, as {@code etcdctl member add --learner} does. */
	public EtcdProcess startLearner() {
		EtcdProcess learner = joining("learner", this.cluster);
		etcdctl("member", "add", learner.name, "--learner", "--peer-urls", learner.peer());
		learner.process = learner.launch();
		Awaitility.await("start of the learner")
			.atMost(START_TIMEOUT)
			.until(() -> LoopbackPorts.listens(learner.clientPort));
		return learner;
	}

	/**
	 * Removes another member from this member's cluster, and starts a new one without
	 * data in its place.
	 */
	public EtcdProcess replace(EtcdProcess other) {
		String listed = etcdctl("member", "list").lines()
			.filter((line) -> line.contains(" " + other.name + ","))
			.findFirst()
			.orElseThrow();
		changeMembers("member", "remove", listed.split(",")[0]);
		other.close();
		EtcdProcess fresh = joining("replacement-" + other.peerPort,
				this.cluster.replace(other.member() + ",", "").replace("," + other.member(), ""));
		changeMembers("member", "add", fresh.name, "--peer-urls", fresh.peer());
		return fresh.launchAndAwait();
	}

	private EtcdProcess joining(String name, String others) {
		EtcdProcess joining = new EtcdProcess(this.binary, newFolder(), null,
				List.of("--initial-cluster-state", "existing"));
		joining.name = name;
		joining.cluster = others + "," + joining.member();
		return joining;
	}

	/**
	 * Enables the downgrade of the cluster, and waits until each member has the storage
	 * version of the older etcd.
	 */
	public void enableDowngrade(EtcdBinary older) {
		String version = older.minor() + ".0";
		etcdctl("downgrade", "enable", version);
		Awaitility.await("all members ready for " + version)
			.atMost(START_TIMEOUT)
			.until(() -> JsonPath
				.<List<String>>read(etcdctl("endpoint", "status", "--cluster", "--write-out", "json"),
						"$[*].Status.storageVersion")
				.stream()
				.allMatch(version::equals));
	}

	/** etcd refuses it until all members have been connected for five seconds. */
	private void changeMembers(String... arguments) {
		Awaitility.await(List.of(arguments).toString())
			.atMost(START_TIMEOUT)
			.ignoreExceptions()
			.until(() -> etcdctl(arguments) != null);
	}

	private String etcdctl(String... arguments) {
		List<String> command = new ArrayList<>(List.of("etcdctl", "--endpoints", endpoint()));
		command.addAll(List.of(arguments));
		return Programs.run(command);
	}

	private static Path newFolder() {
		try {
			return Files.createTempDirectory("etcd-test-");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private EtcdProcess launchAndAwait() {
		this.process = launch();
		try {
			awaitServing();
			return this;
		}
		catch (RuntimeException ex) {
			close();
			throw ex;
		}
	}

	private String said() {
		try {
			return Files.readString(log());
		}
		catch (IOException ex) {
			return ex.toString();
		}
	}

	private Path log() {
		return this.folder.resolve("log");
	}

	/** Its name and where others of its cluster reach it. */
	private String member() {
		return this.name + "=" + peer();
	}

	private String peer() {
		return (this.link != null) ? this.link : listening();
	}

	private String listening() {
		return "http://" + this.host.peerAddress() + ":" + this.peerPort;
	}

	public String endpoint() {
		return ((this.certificates != null) ? "https" : "http") + "://" + this.host.clientAddress() + ":"
				+ this.clientPort;
	}

	/** Kills it, as kill -9 does. */
	public void kill() {
		if (this.process != null) {
			this.process.destroyForcibly();
			Programs.awaitEnd(this.process);
		}
	}

	/** Asks it to end, as an operator does: it writes what it holds to its files. */
	public void stop() {
		this.process.destroy();
		Programs.awaitEnd(this.process);
	}

	/**
	 * Starts it again on the same ports, after {@link #kill()}, and waits until it
	 * serves.
	 */
	public void startAgain() {
		launchAndAwait();
	}

	/**
	 * Starts it again without waiting: without its quorum it does not serve yet. Does
	 * nothing if it runs.
	 */
	public void launchAgain() {
		if (!this.process.isAlive()) {
			this.process = launch();
		}
	}

	/**
	 * Starts it again over the same data at another address of this machine, after
	 * {@link #kill()}, as Kubernetes does with a pod.
	 */
	public void startAgainAt(String address) {
		this.host = new Host(this.host.prefix(), address, this.host.peerAddress());
		launchAndAwait();
	}

	/** Starts it again in another version, after {@link #kill()}, with other flags. */
	public void startAgainAs(EtcdBinary other, String... otherFlags) {
		this.binary = other;
		this.flags = List.of(otherFlags);
		launchAndAwait();
	}

	/**
	 * Starts it over the same data but where its clients do not find it, between
	 * {@link #kill()} and {@link #startAgain()}. To be killed before the latter.
	 */
	public EtcdProcess onOtherPorts() {
		return new EtcdProcess(this.binary, this.folder, this.certificates, this.flags).launchAndAwait();
	}

	/**
	 * Starts etcd's own gRPC proxy in front of it. To be destroyed by the caller.
	 * @param port where the proxy is to listen
	 * @param flags further flags of the proxy's
	 */
	public Process startGrpcProxy(int port, String... flags) {
		// The proxy ends after five seconds if it cannot connect to the address that it
		// advertises
		String address = "127.0.0.1:" + port;
		List<String> command = new ArrayList<>(List.of(this.binary.path().toString(), "grpc-proxy", "start",
				"--endpoints", endpoint(), "--listen-addr", address, "--advertise-client-url", address));
		command.addAll(List.of(flags));
		try {
			Process proxy = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.appendTo(this.folder.resolve("proxy-log").toFile()))
				.start();
			Awaitility.await("start of the proxy").atMost(START_TIMEOUT).until(() -> LoopbackPorts.listens(port));
			return proxy;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** Deletes all it knows; only between {@link #kill()} and {@link #startAgain()}. */
	public void wipe() {
		delete(this.folder.resolve("data"));
	}

	/** Keeps what it knows now; only after {@link #kill()}. */
	public void save() {
		copy("data", "saved");
	}

	/** Goes back to what was saved; only after {@link #kill()}. */
	public void restore() {
		wipe();
		copy("saved", "data");
	}

	private void copy(String from, String to) {
		try {
			delete(this.folder.resolve(to));
			FileSystemUtils.copyRecursively(this.folder.resolve(from), this.folder.resolve(to));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Stops it from running without ending it: it hangs, and its connections stay open.
	 */
	public void freeze() {
		Programs.freeze(this.process);
	}

	/** Lets it run on after {@link #freeze()}. */
	public void thaw() {
		Programs.thaw(this.process);
	}

	@Override
	public void close() {
		kill();
		delete(this.folder);
	}

	private Process launch() {
		String client = endpoint();
		List<String> command = new ArrayList<>(this.host.prefix());
		command.addAll(List.of(this.binary.path().toString(), "--name", this.name, "--data-dir",
				this.folder.resolve("data").toString(), "--listen-client-urls", client, "--advertise-client-urls",
				client, "--listen-peer-urls", listening(), "--initial-advertise-peer-urls", peer(), "--initial-cluster",
				this.cluster, "--logger", "zap", "--log-level", "error"));
		if (this.cluster.equals(member())) {
			// The only member elects itself as soon as its election timeout has passed.
			command.addAll(List.of("--heartbeat-interval", "10", "--election-timeout", "100"));
		}
		command.addAll(this.flags);
		if (this.certificates != null) {
			command
				.addAll(List.of("--cert-file", this.certificates.certificate(), "--key-file", this.certificates.key()));
		}
		try {
			Process started = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
				.start();
			RUNNING.add(started);
			started.onExit().thenAccept(RUNNING::remove);
			return started;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void awaitServing() {
		try {
			Awaitility.await("start of " + this.binary)
				.atMost(START_TIMEOUT)
				.pollInterval(Duration.ofMillis(20))
				.ignoreExceptions()
				.failFast("etcd ended", () -> !this.process.isAlive())
				.until(() -> (this.certificates != null) ? LoopbackPorts.listens(this.clientPort) : isHealthy());
		}
		catch (RuntimeException ex) {
			throw new IllegalStateException("etcd does not serve; it said: " + said(), ex);
		}
	}

	private boolean isHealthy() throws IOException {
		HttpURLConnection health = (HttpURLConnection) URI.create(endpoint() + "/health").toURL().openConnection();
		return health.getResponseCode() == HttpURLConnection.HTTP_OK;
	}

	/**
	 * Returns the minor version that all members of the cluster have agreed on, such as
	 * {@code 3.6}: the one of its oldest member, a few seconds after an upgrade.
	 */
	public String clusterVersion() throws IOException {
		try (InputStream version = URI.create(endpoint() + "/version").toURL().openStream()) {
			return EtcdBinary.minorOf(JsonPath.read(version, "$.etcdcluster"));
		}
	}

	private static void delete(Path path) {
		try {
			FileSystemUtils.deleteRecursively(path);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Where a member runs.
	 *
	 * @param prefix what begins a command so that it runs there
	 * @param clientAddress where it serves clients
	 * @param peerAddress where it serves other members
	 */
	record Host(List<String> prefix, String clientAddress, String peerAddress) {

		static final Host THIS = new Host(List.of(), "127.0.0.1", "127.0.0.1");

	}

}
