package io.github.etcddiscovery.benchmarks.performance;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.github.etcddiscovery.testsupport.GoPrograms;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

/**
 * Runs the benchmarks. In their short form they show that the harness works, and that
 * what does not depend on the machine holds; as {@code benchmarks/performance} runs them,
 * what they find goes to {@code docs/performance.md}.
 */
@RequiresEtcd
class PerformanceIT {

	private static final Scale SCALE = Scale.asked();

	private static final List<Page> PAGES = Stream.of("performance.md", "scale.md", "clusters.md")
		.map((page) -> new Page(Path.of("..", "docs", page)))
		.toList();

	private static final Path RESULTS = Path.of("..", "docs", "performance");

	@Test
	void propagation() throws Exception {
		Result result = new Propagation(SCALE, kinds()).run();
		assertThat(result.where("follower", Kind.STARTER.toString())).hasSize(SCALE.present().size());
		show(result);
	}

	/** Whatever the machine: a change costs the same however many instances there are. */
	@Test
	void changeCost() throws Exception {
		Result result = new ChangeCost(SCALE, kinds()).run();
		long floor = bytes(result, Kind.RAW_WATCH).get(0);
		assertThat(bytes(result, Kind.STARTER))
			.allSatisfy((bytes) -> assertThat(bytes).isCloseTo(floor, withinPercentage(5)));
		assertThat(result.where(ChangeCost.FOLLOWER, Kind.STARTER.toString())).allSatisfy((row) -> {
			assertThat(row).containsEntry(ChangeCost.READS, 0.0);
			assertThat(row).containsEntry(ChangeCost.DECODED, 1.0);
		});
		show(result);
	}

	/** The page says less than twice as much as a bare watch. */
	@Test
	void burst() throws Exception {
		Result result = new Burst(SCALE, List.of(Kind.RAW_WATCH, Kind.STARTER, Kind.RANGE_CACHE)).run();
		assertThat(result.where("follower", Kind.STARTER.toString())).singleElement()
			.satisfies((row) -> assertThat(Plot.number(row, Burst.RATIO)).isLessThan(10));
		show(result);
	}

	/** The list is there already: nothing is made for whoever asks for it. */
	@Test
	void lookup() throws Exception {
		Result result = new LookupCost(SCALE).run();
		assertThat(result.where("call", "getInstances")).filteredOn("instances from", Source.STARTER.toString())
			.isNotEmpty()
			.allSatisfy((row) -> assertThat(row).containsEntry(LookupCost.BYTES, 0L));
		show(result);
	}

	/** With little memory, however many there are. */
	@Test
	void firstReading() throws Exception {
		Result result = new FirstReading(SCALE).run();
		assertThat(result.rows()).hasSize(SCALE.present().size());
		show(result);
	}

	/** Changes of a service take little from those who choose among its instances. */
	@Test
	void choosing() throws Exception {
		Result result = new Choosing(SCALE).run();
		assertThat(result.where("where", "in the service")).singleElement()
			.satisfies((row) -> assertThat(Plot.number(row, Choosing.RATIO)).isGreaterThan(0.3));
		show(result);
	}

	/** A choice among a thousand visits none of them while nothing changes. */
	@Test
	void choices() throws Exception {
		Result result = new ChoiceCost(SCALE).run();
		assertThat(result.rows()).hasSize(Choices.Way.values().length)
			.allSatisfy((row) -> assertThat((Long) row.get(LookupCost.BYTES)).isLessThan(2_000));
		show(result);
	}

	@Test
	void slowInstance() throws Exception {
		Result result = new SlowInstance(SCALE).run();
		assertThat(Plot.number(result.where("configuration", "`least-requests`").get(0), SlowInstance.SHARE))
			.isLessThan(Plot.number(result.where("configuration", "`default`").get(0), SlowInstance.SHARE));
		show(result);
	}

	@Test
	void killedInstance() throws Exception {
		Result result = new KilledInstance(SCALE).run();
		for (String method : List.of("GET", "POST")) {
			List<Map<String, Object>> rows = result.where("method", method);
			assertThat(Plot.number(rows.get(1), KilledInstance.REPEATED))
				.isLessThan(Plot.number(rows.get(0), KilledInstance.REPEATED) / 2);
		}
		show(result);
	}

	/** Remote clusters hold up nothing at home, even if one of them hangs. */
	@Test
	void remotes() throws Exception {
		Result result = new Remotes(SCALE).run();
		double alone = Plot.number(result.rows().get(0), Remotes.SEEN);
		assertThat(Plot.number(result.rows().get(1), Remotes.SEEN)).isLessThan(alone + (SCALE.isSmall() ? 20 : 1));
		show(result);
	}

	/** One cluster across regions waits for the network between them, several do not. */
	@Test
	void layouts() throws Exception {
		Result result = new Layouts(SCALE).run();
		double stretched = Plot.number(result.where("layout", "one cluster, elsewhere").get(0), Layouts.REGISTERED);
		assertThat(Plot.number(result.where("layout", "a cluster for each region").get(0), Layouts.REGISTERED))
			.isLessThan(stretched);
		show(result);
	}

	/** What is open stays open: the lease is renewed, and nothing else is asked. */
	@Test
	void atRest() throws Exception {
		Result result = new AtRest(SCALE).run();
		if (SCALE.isSmall()) {
			assertThat(AtRest.begun(result)).containsExactly("LeaseKeepAlive");
		}
		show(result);
	}

	@Test
	void arriving() throws Exception {
		Result result = new Arriving(SCALE).run();
		assertThat(result.where("registry", Source.STARTER.toString())).singleElement()
			.satisfies((row) -> assertThat((Double) row.get(Arriving.CHOSEN)).as("not from a cache of 35 s")
				.isLessThan(10_000));
		show(result);
	}

	/** The page says a third more than without a registry, and less with a cache. */
	@Test
	void startUp() throws Exception {
		Result result = new StartUp(SCALE).run();
		for (StartUp.Packaging packaging : StartUp.Packaging.values()) {
			double alone = startedAfter(result, packaging, StartUp.ALONE);
			assertThat(startedAfter(result, packaging, Source.STARTER.toString())).as(packaging.toString())
				.isLessThan(2 * alone);
		}
		show(result);
	}

	private static double startedAfter(Result result, StartUp.Packaging packaging, String application) {
		return Plot.number(result.where("application", application)
			.stream()
			.filter((row) -> row.get("packaging").equals(packaging.toString()))
			.findFirst()
			.orElseThrow(), StartUp.STARTED_AFTER);
	}

	/** All consumers see a change within a second, however many there are. */
	@Test
	void consumers() throws Exception {
		Result consumers = new Consumers(SCALE).run();
		assertThat(consumers.rows())
			.allSatisfy((row) -> assertThat(Plot.number(row, Consumers.SEEN_BY_ALL)).isLessThan(1_000));
		show(consumers);
		for (Result result : new EtcdCosts(SCALE, consumers).run()) {
			show(result);
		}
	}

	/** Tables are made of what is kept, and of nothing else. */
	@Test
	void tables() throws Exception {
		try (Stream<Path> kept = Files.list(RESULTS)) {
			for (Path file : kept.filter((path) -> path.toString().endsWith(".json")).toList()) {
				Result result = Result.read(file);
				show(result);
				assertThat(PAGES).as(result.name()).anySatisfy((page) -> assertThat(page.shows(result)).isTrue());
			}
		}
	}

	private static List<Long> bytes(Result result, Kind kind) {
		return result.where(ChangeCost.FOLLOWER, kind.toString())
			.stream()
			.map((row) -> (Long) row.get(ChangeCost.BYTES))
			.toList();
	}

	private static List<Kind> kinds() {
		List<Kind> kinds = new ArrayList<>(List.of(Kind.values()));
		if (!GoPrograms.canBeBuilt()) {
			kinds.remove(Kind.GO_KIT);
		}
		return kinds;
	}

	private static void show(Result result) throws Exception {
		if (!SCALE.isSmall()) {
			for (Page page : PAGES) {
				page.show(result);
			}
		}
	}

}
