package io.github.etcddiscovery.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.etcd.jetcd.Auth;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.etcd.jetcd.api.AlarmRequest;
import io.etcd.jetcd.api.AlarmType;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.auth.Permission;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.testsupport.ClusterLab;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.GrpcProxy;
import io.github.etcddiscovery.testsupport.TcpProxy;
import io.github.etcddiscovery.testsupport.TestUsers;

import org.springframework.util.FileSystemUtils;

import static io.github.etcddiscovery.testsupport.EtcdEyes.bytes;

/**
 * Three members of etcd, and for each group of clients a user, and a way of its own to
 * each of them: for half of the groups over a network that can fail, for the others over
 * a server in between as well, which can do what etcd itself does only by accident.
 */
final class Cluster implements AutoCloseable {

	private static final int GROUPS = 4;

	/** They run out all the time, as they would within minutes otherwise. */
	private static final Duration TOKEN_TTL = Duration.ofSeconds(5);

	private static final ByteSequence FROM = bytes("/services/");

	private static final ByteSequence TO = bytes("/services0");

	private static final String PASSWORD = "pw";

	private final Path folder;

	private final ClusterLab lab;

	private final List<List<GrpcProxy>> servers;

	private final List<List<TcpProxy>> proxies;

	private final EtcdEyes eyes;

	Cluster(EtcdBinary binary) {
		try {
			this.folder = Files.createTempDirectory("soak-");
			this.lab = ClusterLab.start(binary, TestUsers.jwt(this.folder, TOKEN_TTL), "--bcrypt-cost=4");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
		try {
			enableAuthentication();
		}
		catch (RuntimeException ex) {
			this.lab.close();
			throw ex;
		}
		this.servers = IntStream.range(0, GROUPS)
			.mapToObj((group) -> (group % 2 == 0) ? List.<GrpcProxy>of()
					: endpoints().stream().map(GrpcProxy::to).toList())
			.toList();
		this.proxies = this.servers.stream()
			.map((servers) -> (servers.isEmpty() ? endpoints() : servers.stream().map(GrpcProxy::endpoint).toList())
				.stream()
				.map(TcpProxy::to)
				.toList())
			.toList();
		this.eyes = new EtcdEyes(asRoot().endpoints(endpoints().toArray(String[]::new)).build());
	}

	/** etcd that was wiped does not know anybody. May be repeated if it fails. */
	void enableAuthentication() {
		try (MemberChannel channel = new MemberChannel(endpoints().get(0))) {
			if (channel.isAuthenticationEnabled()) {
				return;
			}
		}
		try (EtcdEyes eyes = new EtcdEyes(endpoints().get(0))) {
			Auth auth = eyes.client().getAuthClient();
			add(auth, bytes("root"), bytes("root"));
			groups().forEach((group) -> add(auth, user(group), bytes(PASSWORD)));
			groups()
				.forEach((group) -> done(auth.roleGrantPermission(user(group), FROM, TO, Permission.Type.READWRITE)));
			done(auth.authEnable());
		}
	}

	private static void add(Auth auth, ByteSequence name, ByteSequence password) {
		List<ByteSequence> known = done(auth.userList()).getUsers().stream().map(EtcdEyes::bytes).toList();
		if (!known.contains(name)) {
			done(auth.userAdd(name, password));
		}
		List<ByteSequence> roles = done(auth.roleList()).getRoles().stream().map(EtcdEyes::bytes).toList();
		if (!roles.contains(name)) {
			done(auth.roleAdd(name));
		}
		done(auth.userGrantRole(name, name));
	}

	static ClientBuilder asRoot() {
		return Client.builder().user(bytes("root")).password(bytes("root"));
	}

	private static ByteSequence user(int group) {
		return bytes("group" + group);
	}

	/** For clients of a group. */
	EtcdClientOptions options(int group) {
		return EtcdClientOptions.of(endpoints(group)).withCredentials(user(group).toString(), PASSWORD);
	}

	/** What jetcd needs for a client of a group. */
	ClientBuilder jetcd(int group) {
		return Client.builder().endpoints(endpoints(group)).user(user(group)).password(bytes(PASSWORD));
	}

	private String[] endpoints(int group) {
		return this.proxies.get(group).stream().map(TcpProxy::endpoint).toArray(String[]::new);
	}

	/** Lets a group do all it needs, or nothing. */
	void setPermitted(int group, boolean permitted) {
		Auth auth = auth();
		if (permitted) {
			done(auth.roleGrantPermission(user(group), FROM, TO, Permission.Type.READWRITE));
		}
		else {
			done(auth.roleRevokePermission(user(group), FROM, TO));
		}
	}

	/** Changes the password of a group's user, and back. */
	void setPasswordKnown(int group, boolean known) {
		done(auth().userChangePassword(user(group), bytes(known ? PASSWORD : "other")));
	}

	/** jetcd logs in again for reads and writes, but not for this. */
	private Auth auth() {
		this.eyes.revision();
		return this.eyes.client().getAuthClient();
	}

	private static <T> T done(CompletableFuture<T> call) {
		return call.orTimeout(5, TimeUnit.SECONDS).join();
	}

	List<EtcdProcess> members() {
		return this.lab.members();
	}

	/** Cuts a member off from the others, or joins it to them again. Clients reach it. */
	void setAmongPeers(int member, boolean joined) {
		if (joined) {
			this.lab.joinPeers(member);
		}
		else {
			this.lab.cutFromPeers(member);
		}
	}

	/** Those of the members themselves. */
	List<String> endpoints() {
		return List.of(this.lab.endpoints());
	}

	List<Integer> groups() {
		return IntStream.range(0, GROUPS).boxed().toList();
	}

	List<Integer> groupsWithServers() {
		return groups().stream().filter((group) -> !this.servers.get(group).isEmpty()).toList();
	}

	/** The servers in between of a group, none for those that have none. */
	List<GrpcProxy> servers(int group) {
		return this.servers.get(group);
	}

	/** The ways of a group. */
	List<TcpProxy> proxies(int group) {
		return this.proxies.get(group);
	}

	/** Lets etcd believe, or not believe any more, that its disk is full. */
	void setOutOfSpace(boolean full) {
		String endpoint = endpoints().get(0);
		long member = done(this.eyes.client().getMaintenanceClient().statusMember(endpoint)).getHeader().getMemberId();
		try (MemberChannel channel = new MemberChannel(endpoint)) {
			MaintenanceGrpc.newBlockingStub(channel.authenticated())
				.withDeadlineAfter(5, TimeUnit.SECONDS)
				.alarm(AlarmRequest.newBuilder()
					.setAction(full ? AlarmRequest.AlarmAction.ACTIVATE : AlarmRequest.AlarmAction.DEACTIVATE)
					.setMemberID(member)
					.setAlarm(AlarmType.NOSPACE)
					.build());
		}
	}

	/** Looks into it from nearby. */
	EtcdEyes eyes() {
		return this.eyes;
	}

	@Override
	public void close() {
		this.eyes.close();
		this.proxies.forEach((group) -> group.forEach(TcpProxy::close));
		this.servers.forEach((group) -> group.forEach(GrpcProxy::close));
		this.lab.close();
		try {
			FileSystemUtils.deleteRecursively(this.folder);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
