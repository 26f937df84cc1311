package io.github.etcddiscovery.view;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.doubles.ManualEventLoop;
import io.github.etcddiscovery.doubles.RecordingTelemetry;
import io.github.etcddiscovery.doubles.ScriptedEtcdClient;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.KeyRange;
import io.github.etcddiscovery.testsupport.LongestWaits;

/**
 * A view whose etcd answers when and what the test wants.
 */
abstract class ScriptedView {

	static final Duration RETRY = Duration.ofSeconds(2);

	final ScriptedEtcdClient etcd = new ScriptedEtcdClient();

	final ManualEventLoop loop = new ManualEventLoop();

	final ManualEventLoop notifier = new ManualEventLoop();

	final RecordingTelemetry telemetry = new RecordingTelemetry();

	/** Of the ranges given. */
	ServiceView<String> view(List<KeyRange> ranges, InstanceLimits limits) {
		return view(ranges, limits, Duration.ZERO, (value) -> true);
	}

	/** Of everything under one prefix, with what vanishes in a crowd. */
	ServiceView<String> view(Duration ttl, Predicate<String> availability) {
		return view(new KeyLayout("/services").ranges(), InstanceLimits.NONE, ttl, availability);
	}

	private ServiceView<String> view(List<KeyRange> ranges, InstanceLimits limits, Duration ttl,
			Predicate<String> availability) {
		return new ServiceView<>(this.etcd, ranges, ScriptedView::decode, availability, ttl, limits, this.telemetry,
				this.loop, this.notifier, new LongestWaits());
	}

	/** Of everything under one prefix. */
	ServiceView<String> view() {
		return view(new KeyLayout("/services").ranges(), InstanceLimits.NONE);
	}

	private static String decode(InstanceKey key, KeyValue keyValue) {
		String value = new String(keyValue.value(), StandardCharsets.UTF_8);
		return switch (value) {
			case "overflow" -> throw new StackOverflowError("thrown on purpose");
			case "assertion" -> throw new AssertionError("thrown on purpose");
			case "exhausted" -> throw new OutOfMemoryError("thrown on purpose");
			case "unreadable" -> throw new IllegalStateException("not to be read");
			default -> value;
		};
	}

	/** Starts a view, whose first listing finds this and is at revision 10. */
	void start(ServiceView<?> view, KeyValue... found) {
		view.start();
		this.loop.run();
		listed(10, found);
	}

	/** The listing that is under way ends. */
	void listed(long revision, KeyValue... found) {
		this.etcd.pages.accept(List.of(found));
		this.etcd.answer("list /services/", revision);
		this.loop.run();
	}

	/** The watch opens, and etcd holds at the revision reached what it is asked for. */
	void watching(long reached, KeyValue... held) {
		this.etcd.watch.onCreated(reached);
		this.loop.run();
		this.etcd.testify(reached, List.of(held));
		this.loop.run();
	}

	/** The watch ends. */
	void ends(Reason reason) {
		this.etcd.watch.onEnd(new EtcdException(reason, "ended on purpose", null));
		this.loop.run();
	}

	/** The watch tells of changes, in one message. */
	void happens(WatchEvent... events) {
		this.etcd.watch.onEvents(List.of(events));
		this.loop.run();
	}

	static WatchEvent put(String instance, String value, long revision) {
		return new WatchEvent(false, found(instance, value, revision));
	}

	static WatchEvent deleted(String instance, long revision) {
		return new WatchEvent(true, found(instance, "", revision));
	}

	/** What stands under {@code {service}/{instance}}. */
	static KeyValue found(String instance, String value, long revision) {
		return new KeyValue("/services/" + instance, value.getBytes(StandardCharsets.UTF_8), revision, 0);
	}

	/** Instances of orders, numbered, each changed at the revision of its number. */
	static KeyValue[] orders(int first, int last) {
		return IntStream.rangeClosed(first, last)
			.mapToObj((number) -> found("orders/" + number, "v" + number, number))
			.toArray(KeyValue[]::new);
	}

}
