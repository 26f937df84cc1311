package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchResponse;
import io.github.etcddiscovery.doubles.ManualEventLoop;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

/**
 * When a watch is asked for a sign of life, and when it is given up.
 */
class JetcdWatchTests {

	private static final Duration CHECK = Duration.ofSeconds(4);

	private final ManualEventLoop loop = new ManualEventLoop();

	private final List<String> ends = new ArrayList<>();

	private final Watch.Watcher watcher = mock(Watch.Watcher.class);

	private JetcdWatch watch;

	@BeforeEach
	void open() {
		Client client = mock(Client.class);
		Watch watches = mock(Watch.class);
		given(client.getWatchClient()).willReturn(watches);
		given(watches.watch(any(ByteSequence.class), any(WatchOption.class), any(Watch.Listener.class)))
			.willReturn(this.watcher);
		this.watch = new JetcdWatch("Watching", new WatchListener() {

			@Override
			public void onCreated(long revision) {
			}

			@Override
			public void onEvents(List<WatchEvent> events) {
			}

			@Override
			public void onEnd(EtcdException cause) {
				JetcdWatchTests.this.ends.add(cause.getMessage());
			}

		}, (failed, cause) -> {
		}, new OpenWatches(this.loop));
		this.watch.open(client, ByteSequence.EMPTY, WatchOption.DEFAULT, Duration.ofMinutes(1));
		says(true);
	}

	@Test
	void quietWatchThatGivesASignOfLifeWheneverItIsAskedGoesOn() {
		willAnswer((call) -> {
			says(false);
			return null;
		}).given(this.watcher).requestProgress();
		this.loop.advance(CHECK.multipliedBy(20));
		assertThat(this.ends).isEmpty();
		verify(this.watcher, times(10)).requestProgress();
	}

	@Test
	void watchThatGivesNoSignOfLifeAnyMoreEnds() {
		this.loop.advance(CHECK);
		says(false);
		this.loop.advance(CHECK.multipliedBy(2));
		assertThat(this.ends).isEmpty();
		this.loop.advance(CHECK);
		assertThat(this.ends).containsExactly("Watching has fallen silent");
	}

	@Test
	void watchThatHasNeverGivenASignOfLifeIsAskedOnceAndGoesOn() {
		this.loop.advance(CHECK.multipliedBy(20));
		assertThat(this.ends).isEmpty();
		verify(this.watcher, times(1)).requestProgress();
	}

	@Test
	void watchThatIsClosedIsNotAsked() {
		this.watch.close();
		this.loop.advance(CHECK.multipliedBy(20));
		verify(this.watcher, never()).requestProgress();
	}

	/** That it has been created, or that it is alive. */
	private void says(boolean created) {
		this.watch.onNext(new WatchResponse(io.etcd.jetcd.api.WatchResponse.newBuilder()
			.setHeader(ResponseHeader.newBuilder().setRevision(7))
			.setCreated(created)
			.build()));
	}

}
