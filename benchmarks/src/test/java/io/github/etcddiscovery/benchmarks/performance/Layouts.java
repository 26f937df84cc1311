package io.github.etcddiscovery.benchmarks.performance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.Subscription;

/**
 * What three regions pay for one cluster across all of them, beside one cluster for each:
 * how long it takes to register, and until the own region and another one see it. All
 * that crosses regions goes over {@link DelayedLink}s.
 */
final class Layouts {

	static final String NAME = "layouts";

	static final String REGISTERED = "registered ms";

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final Scale scale;

	Layouts(Scale scale) {
		this.scale = scale;
	}

	Result run() throws Exception {
		Result result = Result.of(NAME);
		for (int roundTrip : this.scale.isSmall() ? new int[] { 30 } : new int[] { 30, 100 }) {
			stretched(result, Duration.ofMillis(roundTrip));
			separate(result, Duration.ofMillis(roundTrip));
		}
		result.write(this.scale.folder());
		return result;
	}

	/** A member in each region; a client speaks to the member of its own. */
	private void stretched(Result result, Duration roundTrip) throws Exception {
		List<DelayedLink> links = new ArrayList<>();
		List<EtcdProcess> members = EtcdProcess.startLinkedCluster(EtcdBinary.newest(), (peer) -> {
			DelayedLink link = new DelayedLink(peer, roundTrip.dividedBy(2));
			links.add(link);
			return link.endpoint();
		});
		try {
			int leader = 0;
			for (int i = 0; i < members.size(); i++) {
				try (EtcdEyes eyes = new EtcdEyes(members.get(i).endpoint())) {
					leader = eyes.isLeader(members.get(i).endpoint()) ? i : leader;
				}
			}
			EtcdProcess leading = members.get(leader);
			EtcdProcess second = members.get((leader + 1) % members.size());
			EtcdProcess third = members.get((leader + 2) % members.size());
			measure(result, "one cluster, at the leader", roundTrip, leading.endpoint(), second.endpoint());
			measure(result, "one cluster, elsewhere", roundTrip, second.endpoint(), third.endpoint());
		}
		finally {
			members.forEach(EtcdProcess::close);
			links.forEach(DelayedLink::close);
		}
	}

	/** A cluster in each region; others follow it as a remote one. */
	private void separate(Result result, Duration roundTrip) throws Exception {
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
				DelayedLink link = new DelayedLink(etcd.endpoint(), roundTrip.dividedBy(2))) {
			measure(result, "a cluster for each region", roundTrip, etcd.endpoint(), link.endpoint());
		}
	}

	private void measure(Result result, String layout, Duration roundTrip, String own, String other) throws Exception {
		Samples registered = new Samples();
		Samples seen = new Samples();
		Samples seenElsewhere = new Samples();
		try (EtcdClient here = EtcdClient.create(EtcdClientOptions.of(own));
				EtcdClient elsewhere = EtcdClient.create(EtcdClientOptions.of(other));
				ServiceView<String> view = view(here);
				ServiceView<String> viewElsewhere = view(elsewhere)) {
			int rounds = this.scale.isSmall() ? 3 : 50;
			for (int round = 0; round < rounds + 1; round++) {
				String service = "s" + round;
				try (Registrar registrar = new Registrar(here)) {
					CompletableFuture<Long> sight = sight(view, service);
					CompletableFuture<Long> sightElsewhere = sight(viewElsewhere, service);
					long begun = System.nanoTime();
					registrar
						.register(new RegistryEntry("/services/" + service + "/1", "x".getBytes(), null,
								(found) -> false))
						.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
					long done = System.nanoTime();
					// The first one opens connections.
					if (round > 0) {
						registered.add(done - begun);
						seen.add(sight.get(PATIENCE.toSeconds(), TimeUnit.SECONDS) - begun);
						seenElsewhere.add(sightElsewhere.get(PATIENCE.toSeconds(), TimeUnit.SECONDS) - begun);
					}
				}
			}
		}
		result.add("layout", layout, "round trip ms", roundTrip.toMillis(), "n", registered.n(), REGISTERED,
				registered.medianMillis(), "seen in the region after ms", seen.medianMillis(),
				"seen in another after ms", seenElsewhere.medianMillis());
	}

	private static ServiceView<String> view(EtcdClient client) {
		ServiceView<String> view = new ServiceView<>(client, new KeyLayout("/services").ranges(),
				(key, keyValue) -> key.instanceId(), (instance) -> true);
		view.start();
		view.awaitSync(PATIENCE);
		return view;
	}

	private static CompletableFuture<Long> sight(ServiceView<String> view, String service) {
		CompletableFuture<Long> seen = new CompletableFuture<>();
		Subscription subscription = view.subscribe((catalog) -> {
			if (catalog.contains(service)) {
				seen.complete(System.nanoTime());
			}
		});
		return seen.whenComplete((at, failure) -> subscription.close());
	}

}
