package io.github.etcddiscovery.client;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;

import io.github.etcddiscovery.client.EtcdException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * Connects to one member of the cluster: to the first one that answers, of all that the
 * endpoints stand for, in random order. Blocks.
 */
final class MemberConnector {

	/**
	 * How long a member may take to accept a connection. That is far cheaper than a
	 * client of etcd, so it can be tried several times a second.
	 */
	private static final Duration ACCEPT_TIMEOUT = Duration.ofMillis(500);

	private final JetcdClientFactory factory;

	private final MemberResolver resolver;

	private final Random random;

	MemberConnector(JetcdClientFactory factory, MemberResolver resolver, Random random) {
		this.factory = factory;
		this.resolver = resolver;
		this.random = random;
	}

	/**
	 * Connects to a member.
	 * @param options where and how to connect
	 * @param last the member to try last, if there is one
	 * @param answerTimeout how long each member may take to answer
	 * @param anew whether it is not known to be in vain: then nothing is sent to a member
	 * but what a client sends, since etcd logs a connection that ends without a word
	 * @return a connection that has answered: with anything that says that the member
	 * works, a refusal included
	 * @throws EtcdException why the member tried last is not used
	 */
	MemberConnection connect(EtcdClientOptions options, @Nullable MemberAddress last, Duration answerTimeout,
			boolean anew) {
		List<EtcdException> failures = new ArrayList<>();
		Set<MemberAddress> members = this.resolver.resolve(options.endpoints());
		MemberConnection connection = connectToFirst(inOrder(members, last), options, answerTimeout, anew, failures);
		if (connection == null) {
			// What is dead may have been replaced since the JVM looked up its name.
			Set<MemberAddress> newest = this.resolver.resolveInDns(options.endpoints());
			newest.removeAll(members);
			connection = connectToFirst(inOrder(newest, last), options, answerTimeout, anew, failures);
		}
		if (connection != null) {
			return connection;
		}
		throw failures.isEmpty() ? unknown(options) : failures.get(failures.size() - 1);
	}

	/**
	 * Connects to a member chosen at random, or not if it is the one used already.
	 * @return the connection, {@code null} to stay
	 * @throws EtcdException if the member chosen does not answer
	 */
	@Nullable MemberConnection move(EtcdClientOptions options, MemberAddress used, Duration answerTimeout) {
		List<MemberAddress> members = inOrder(this.resolver.resolve(options.endpoints()), null);
		return (members.isEmpty() || members.get(0).equals(used)) ? null
				: connectTo(members.get(0), options, answerTimeout, true);
	}

	private List<MemberAddress> inOrder(Set<MemberAddress> members, @Nullable MemberAddress last) {
		List<MemberAddress> order = new ArrayList<>(members);
		Collections.shuffle(order, this.random);
		if (last != null && order.remove(last)) {
			order.add(last);
		}
		return order;
	}

	private @Nullable MemberConnection connectToFirst(List<MemberAddress> members, EtcdClientOptions options,
			Duration answerTimeout, boolean anew, List<EtcdException> failures) {
		for (MemberAddress member : members) {
			try {
				return connectTo(member, options, answerTimeout, anew);
			}
			catch (EtcdException ex) {
				failures.add(ex);
			}
		}
		return null;
	}

	private MemberConnection connectTo(MemberAddress member, EtcdClientOptions options, Duration answerTimeout,
			boolean anew) {
		MemberConnection connection = create(member, options);
		try {
			if (!anew && connection.isAtMember()) {
				awaitAccepted(member);
			}
			connection.prove(answerTimeout, anew);
			return connection;
		}
		catch (EtcdException ex) {
			connection.close();
			throw ex;
		}
	}

	private MemberConnection create(MemberAddress member, EtcdClientOptions options) {
		try {
			return this.factory.create(options, member);
		}
		catch (RuntimeException ex) {
			throw (ex instanceof EtcdException failure) ? failure
					: new EtcdException(Reason.FATAL, "The client cannot be built: " + ex, ex);
		}
	}

	private static void awaitAccepted(MemberAddress member) {
		try (Socket socket = new Socket()) {
			socket.connect(member.socketAddress(), (int) ACCEPT_TIMEOUT.toMillis());
		}
		catch (SocketTimeoutException ex) {
			throw noConnection("not accepted within " + ACCEPT_TIMEOUT.toMillis() + " ms", member, ex);
		}
		catch (IOException ex) {
			throw noConnection(String.valueOf(ex.getMessage()), member, ex);
		}
	}

	private static EtcdException unknown(EtcdClientOptions options) {
		EtcdEndpoint endpoint = options.endpoints().get(options.endpoints().size() - 1);
		return noConnection(
				endpoint.isSrv() ? "no SRV record of %s names a known host".formatted(MemberResolver.srvName(endpoint))
						: "the host name is not known",
				endpoint, null);
	}

	private static EtcdException noConnection(String reason, Object where, @Nullable Throwable cause) {
		return new EtcdException(Reason.UNAVAILABLE, EtcdErrors.NO_CONNECTION + reason + ": " + where + ")", cause);
	}

}
