package io.github.etcddiscovery.view;

import java.time.Duration;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.ReadResult;
import io.github.etcddiscovery.instance.KeyLayout;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Room for one instance, for which another one waits.
 */
@ExtendWith(OutputCaptureExtension.class)
class FilledRoomTests extends ScriptedView {

	private static final String READ = "get /services/orders/b at 0";

	private static final Duration PAUSE = Duration.ofSeconds(10);

	private final ServiceView<String> view = view(new KeyLayout("/services").ranges(), new InstanceLimits(1, 1));

	@BeforeEach
	void full() {
		start(this.view);
		watching(10);
		happens(put("orders/a", "1", 11), put("orders/b", "2", 12));
		assertThat(this.view.catalog().all("orders")).containsExactly("1");
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void instanceThatIsHeldMayChange() {
		happens(put("orders/a", "changed", 13));
		assertThat(this.view.catalog().all("orders")).containsExactly("changed");
	}

	@Test
	void entryThatCannotBeReadTakesNoRoomAndWaitsForItOnceItCan() {
		happens(put("orders/c", "unreadable", 13));
		assertThat(this.view.rejections(10)).containsEntry("/services/orders/c",
				"max-instances-per-service is 1, and so many are held");
		happens(deleted("orders/a", 14), deleted("orders/b", 15));
		this.etcd.answer("get /services/orders/c at 0", new ReadResult(15, found("orders/c", "unreadable", 13)));
		this.loop.run();
		assertThat(this.view.rejections(10)).containsEntry("/services/orders/c", "not to be read");
		happens(put("orders/d", "4", 16), put("orders/c", "3", 17));
		assertThat(this.view.catalog().all("orders")).containsExactly("4");
		assertThat(this.view.statistics().rejected()).isEqualTo(1);
	}

	@Test
	void whatWaitsIsReadOnceThereIsRoom(CapturedOutput output) {
		assertThat(output).contains("Ignoring the entry at /services/orders/b: max-instances-per-service is 1");
		happens(deleted("orders/a", 13));
		this.etcd.answer(READ, new ReadResult(13, found("orders/b", "2", 12)));
		this.loop.run();
		assertThat(this.view.catalog().all("orders")).containsExactly("2");
		this.loop.advance(PAUSE);
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void whatHasChangedSinceIsOnItsWayAndReadAgainIfItDoesNotCome() {
		happens(deleted("orders/a", 13));
		this.etcd.answer(READ, new ReadResult(14, found("orders/b", "changed", 14)));
		this.loop.advance(PAUSE.minusMillis(1));
		assertThat(this.etcd.pending()).isEmpty();
		assertThat(this.view.catalog().all("orders")).isEmpty();
		this.loop.advance(Duration.ofMillis(1));
		assertThat(this.etcd.pending()).containsExactly(READ);
		happens(put("orders/b", "changed", 14));
		assertThat(this.view.catalog().all("orders")).containsExactly("changed");
	}

	@Test
	void readThatFailsIsTriedAgain() {
		happens(deleted("orders/a", 13));
		this.etcd.fail(READ, Reason.UNAVAILABLE);
		this.loop.advance(PAUSE);
		assertThat(this.etcd.pending()).containsExactly(READ);
	}

	@Test
	void whatIsReadWhileChangesDoNotArriveMayBeOfAnotherHistoryAndIsReadOnceTheyDo() {
		happens(deleted("orders/a", 13));
		ends(Reason.UNAVAILABLE);
		this.etcd.answer(READ, new ReadResult(13, found("orders/b", "2", 12)));
		this.loop.run();
		assertThat(this.view.catalog().all("orders")).isEmpty();
		this.loop.advance(RETRY);
		watching(13, found("orders/b", "2", 12));
		assertThat(this.etcd.pending()).containsExactly(READ);
	}

}
