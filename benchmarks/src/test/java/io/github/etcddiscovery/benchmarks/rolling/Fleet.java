package io.github.etcddiscovery.benchmarks.rolling;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.etcddiscovery.testsupport.ApplicationProcess;

/**
 * The instances of {@link Stock}, each in a process of its own.
 */
final class Fleet implements AutoCloseable {

	private final List<String> properties;

	private final List<ApplicationProcess> instances;

	/** Starts them, and waits until all listen. */
	Fleet(int size, List<String> properties) {
		this.properties = properties;
		this.instances = IntStream.range(0, size)
			.mapToObj((i) -> start())
			.collect(Collectors.toCollection(ArrayList::new));
		try {
			this.instances.forEach(ApplicationProcess::port);
		}
		catch (RuntimeException | Error ex) {
			close();
			throw ex;
		}
	}

	private ApplicationProcess start() {
		List<String> arguments = new ArrayList<>(
				List.of("-cp", System.getProperty("java.class.path"), Stock.class.getName(),
						"--spring.application.name=stock", "--spring.main.web-application-type=servlet"));
		this.properties.forEach((property) -> arguments.add("--" + property));
		return new ApplicationProcess(Map.of(), arguments);
	}

	int size() {
		return this.instances.size();
	}

	Set<Integer> ports() {
		return this.instances.stream().map(ApplicationProcess::port).collect(Collectors.toSet());
	}

	/** Ends one as SIGTERM does, and then starts another in its place. */
	void restart(int index) {
		this.instances.get(index).terminate();
		replace(index);
	}

	/**
	 * Ends one as kill -9 does, and then starts another in its place.
	 * @return when it was gone, in nanoseconds of the JVM's clock
	 */
	long kill(int index) {
		this.instances.get(index).kill();
		return replace(index);
	}

	private long replace(int index) {
		ApplicationProcess old = this.instances.get(index);
		if (!old.awaitEnd()) {
			throw new IllegalStateException("It does not end:\n" + old.log());
		}
		long gone = System.nanoTime();
		old.close();
		this.instances.set(index, start());
		this.instances.get(index).port();
		return gone;
	}

	@Override
	public void close() {
		this.instances.forEach(ApplicationProcess::close);
	}

}
