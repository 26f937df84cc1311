package io.github.etcddiscovery.benchmarks.rolling;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.http.HttpMethod;

import static org.awaitility.Awaitility.await;

/**
 * Four instances that are called all the time by two applications, while something is
 * done to them.
 */
final class Run implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(Run.class);

	private static final int INSTANCES = 4;

	private static final Duration PATIENCE = Duration.ofSeconds(120);

	/** How often each thing is done: three times for a demonstration. */
	static final int ROUNDS = Integer.getInteger("rolling.rounds", 1);

	/** How many calls there are at least. */
	static final int CALLS = Integer.getInteger("rolling.calls", 20_000);

	private final Fleet fleet;

	private final Callers callers;

	private final Map<String, Supplier<String>> clients;

	private final Load load;

	/**
	 * Starts all, and the load as soon as the callers see all instances.
	 * @param registry what they find each other by
	 * @param servers where it is
	 * @param retry whether what fails may be repeated on another instance
	 * @param methods what calls are made
	 */
	Run(Registry registry, String servers, boolean retry, HttpMethod... methods) {
		List<String> properties = registry.properties(servers);
		this.fleet = new Fleet(INSTANCES, properties);
		List<String> calling = new ArrayList<>(properties);
		calling.add("spring.cloud.loadbalancer.retry.enabled=" + retry);
		try {
			this.callers = new Callers(calling);
		}
		catch (RuntimeException ex) {
			this.fleet.close();
			throw ex;
		}
		this.clients = this.callers.clients(List.of(methods));
		this.load = new Load();
		try {
			awaitSeen();
			this.load.begin(this.clients);
			// Connections are pooled by then.
			awaitCalls(1_000);
		}
		catch (RuntimeException | Error ex) {
			close();
			throw ex;
		}
	}

	/**
	 * Restarts all instances, one after the other, each as soon as the last one is seen.
	 */
	void restartAll() {
		for (int i = 0; i < this.fleet.size(); i++) {
			this.fleet.restart(i);
			awaitSeen();
			logger.info("{} calls, {} failed", this.load.calls(), this.load.failures().size());
		}
	}

	/**
	 * Kills an instance, and starts another.
	 * @return when it was gone, in nanoseconds of the JVM's clock
	 */
	long kill(int round) {
		long gone = this.fleet.kill(round % this.fleet.size());
		awaitSeen();
		logger.info("{} calls, {} failed", this.load.calls(), this.load.failures().size());
		return gone;
	}

	private void awaitSeen() {
		await("all instances are seen").atMost(PATIENCE)
			.until(() -> this.callers.seenByBoth().containsAll(this.fleet.ports()));
	}

	/** Waits until none is seen that has gone. */
	void awaitUnseen() {
		await("nothing else is seen").atMost(PATIENCE)
			.until(() -> this.fleet.ports().containsAll(this.callers.seenByAny()));
	}

	/** Waits until there were so many calls. */
	void awaitCalls(long calls) {
		await(calls + " calls").atMost(Duration.ofSeconds(60 + calls / 100)).until(() -> this.load.calls() >= calls);
	}

	/** Waits until there were so many more calls. */
	void awaitMoreCalls(long calls) {
		awaitCalls(this.load.calls() + calls);
	}

	/** Ends the load, and returns what came of it. */
	Load finish() {
		awaitCalls(CALLS);
		this.load.close();
		return this.load;
	}

	/** Those that answer when each client calls a few times, by their ports. */
	Set<Integer> used() {
		Set<Integer> used = new HashSet<>();
		this.clients.values().forEach((client) -> {
			for (int i = 0; i < this.fleet.size(); i++) {
				used.add(Integer.valueOf(client.get()));
			}
		});
		return used;
	}

	/** The ports of the instances that there are. */
	Set<Integer> ports() {
		return this.fleet.ports();
	}

	@Override
	public void close() {
		this.load.close();
		this.callers.close();
		this.fleet.close();
	}

}
