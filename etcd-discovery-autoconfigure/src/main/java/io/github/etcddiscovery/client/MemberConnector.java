package io.github.etcddiscovery.client;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.client.EtcdException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * Connects to one member of the cluster: to the first one that answers, of all that the
 * endpoints stand for, in random order. Blocks.
 */
final class MemberConnector {

	/** How often the only address is tried at once: a load balancer may be behind it. */
	private static final int TRIES_OF_ONE_ADDRESS = 3;

	/** How much longer to wait for the last attempt, which ends by itself before. */
	private static final Duration MARGIN = Duration.ofSeconds(1);

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
	 * @param answerTimeout after which time without an answer to try the next member as
	 * well
	 * @param firstTry whether nothing has failed yet: calls etcd at once, without a check
	 * of the TCP port, since etcd logs connections that close without sending anything
	 * @return a connection that has answered: with anything that says that the member
	 * works, a refusal included
	 * @throws EtcdException why the member tried last is not used
	 */
	MemberConnection connect(EtcdClientOptions options, @Nullable MemberAddress last, Duration answerTimeout,
			boolean firstTry) {
		List<EtcdException> failures = new ArrayList<>();
		Set<MemberAddress> members = this.resolver.resolve(options.endpoints());
		MemberConnection connection = connectToFirst(inOrder(members, last), options, answerTimeout, firstTry,
				failures);
		if (connection == null) {
			// What is dead may have been replaced since the JVM looked up its name.
			Set<MemberAddress> newest = this.resolver.resolveInDns(options.endpoints());
			newest.removeAll(members);
			connection = connectToFirst(inOrder(newest, last), options, answerTimeout, firstTry, failures);
		}
		if (connection != null) {
			return connection;
		}
		if (failures.isEmpty()) {
			throw members.isEmpty() ? unknown(options)
					: noConnection("no answer in time", members.iterator().next(), null);
		}
		throw failures.get(failures.size() - 1);
	}

	/**
	 * Connects to a member chosen at random, or not if it is the one used already.
	 * @return the connection; {@code null} to stay, because of the choice or because the
	 * member chosen does not answer
	 */
	@Nullable MemberConnection move(EtcdClientOptions options, MemberAddress used, Duration answerTimeout) {
		List<MemberAddress> members = inOrder(this.resolver.resolve(options.endpoints()), null);
		return (members.isEmpty() || members.get(0).equals(used)) ? null
				: connectToFirst(members.subList(0, 1), options, answerTimeout, true, new ArrayList<>());
	}

	private List<MemberAddress> inOrder(Set<MemberAddress> members, @Nullable MemberAddress last) {
		List<MemberAddress> order = new ArrayList<>(members);
		Collections.shuffle(order, this.random);
		if (last != null && order.remove(last)) {
			order.add(last);
			return (order.size() == 1) ? Collections.nCopies(TRIES_OF_ONE_ADDRESS, last) : order;
		}
		return order;
	}

	/**
	 * Starts one attempt after the other, and accepts the first answer to any of them.
	 * Over a slow network the first member may answer after the second attempt has begun.
	 */
	private @Nullable MemberConnection connectToFirst(List<MemberAddress> members, EtcdClientOptions options,
			Duration pause, boolean firstTry, List<EtcdException> failures) {
		try (Attempts attempts = new Attempts(failures)) {
			for (int i = 0; i < members.size(); i++) {
				Duration rest = pause.multipliedBy(members.size() - i);
				boolean last = i == members.size() - 1;
				MemberConnection newest = null;
				try {
					newest = begin(members.get(i), options, pause, firstTry);
					attempts.add(newest, rest, firstTry);
				}
				catch (EtcdException ex) {
					failures.add(ex);
				}
				MemberConnection answering = last ? attempts.await(rest.plus(MARGIN), null)
						: (newest != null) ? attempts.await(pause, newest) : null;
				if (answering != null) {
					return answering;
				}
			}
			return null;
		}
	}

	private MemberConnection begin(MemberAddress member, EtcdClientOptions options, Duration pause, boolean firstTry) {
		MemberConnection connection = create(member, options);
		try {
			if (!firstTry && connection.isAtMember()) {
				awaitAccepted(member, options, pause);
			}
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

	private static void awaitAccepted(MemberAddress member, EtcdClientOptions options, Duration answerTimeout) {
		long millis = Math.min(options.dialTimeout().toMillis(), answerTimeout.toMillis());
		try (Socket socket = new Socket()) {
			socket.connect(member.socketAddress(), (int) Math.max(1, millis));
		}
		catch (SocketTimeoutException ex) {
			throw noConnection("the host did not accept a connection within " + millis + " ms", member, ex);
		}
		catch (IOException ex) {
			throw noConnection(String.valueOf(ex.getMessage()), member, ex);
		}
	}

	private static EtcdException unknown(EtcdClientOptions options) {
		EtcdEndpoint endpoint = options.endpoints().get(options.endpoints().size() - 1);
		return noConnection(endpoint.isSrv()
				? "DNS has no SRV record %s with a host that is known".formatted(MemberResolver.srvName(endpoint))
				: "the host name is not known", endpoint, null);
	}

	private static EtcdException noConnection(String reason, Object where, @Nullable Throwable cause) {
		return EtcdErrors.noConnection(reason + ": " + where, cause);
	}

	/**
	 * The connections that have not answered yet. Closes those that are not used.
	 */
	private static final class Attempts implements AutoCloseable {

		private final List<EtcdException> failures;

		private final Set<MemberConnection> open = new HashSet<>();

		private final BlockingQueue<Ended> ended = new LinkedBlockingQueue<>();

		Attempts(List<EtcdException> failures) {
			this.failures = failures;
		}

		void add(MemberConnection connection, Duration answerTimeout, boolean failFast) {
			this.open.add(connection);
			connection.prove(answerTimeout, failFast)
				.whenComplete((done, error) -> this.ended
					.add(new Ended(connection, (error != null) ? EtcdException.from(error) : null)));
		}

		/**
		 * Waits for an answer.
		 * @param longest how long to wait
		 * @param newest the connection whose failure ends the wait, {@code null} for none
		 * @return the first connection that has one; {@code null} if there is none in
		 * that time, or all have failed
		 */
		@Nullable MemberConnection await(Duration longest, @Nullable MemberConnection newest) {
			long deadline = System.nanoTime() + longest.toNanos();
			while (!this.open.isEmpty()) {
				Ended next = poll(deadline - System.nanoTime());
				if (next == null) {
					return null;
				}
				this.open.remove(next.connection());
				if (next.failure() == null) {
					return next.connection();
				}
				next.connection().close();
				this.failures.add(next.failure());
				if (next.connection() == newest) {
					return null;
				}
			}
			return null;
		}

		private @Nullable Ended poll(long nanos) {
			try {
				return this.ended.poll(nanos, TimeUnit.NANOSECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new EtcdException(Reason.UNAVAILABLE, "Interrupted while connecting", ex);
			}
		}

		@Override
		public void close() {
			this.open.forEach(MemberConnection::close);
		}

	}

	/**
	 * What came of an attempt.
	 *
	 * @param connection the connection
	 * @param failure why the attempt failed, {@code null} if it succeeded
	 */
	private record Ended(MemberConnection connection, @Nullable EtcdException failure) {

	}

}
