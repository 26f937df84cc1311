package io.github.etcddiscovery.view;

import java.time.Duration;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.instance.KeyLayout;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link InstanceQuota} of one instance, for which another one waits.
 */
@ExtendWith(OutputCaptureExtension.class)
class FilledQuotaTests extends ScriptedView {

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
	void whatWaitsIsReadOnceThereIsRoom(CapturedOutput output) {
		assertThat(output).contains("Ignoring the entry at /services/orders/b: max-instances-per-service is 1");
		happens(deleted("orders/a", 13));
		this.loop.advance(PAUSE.minusMillis(1));
		assertThat(this.etcd.pending()).as("more may go soon").isEmpty();
		this.loop.advance(Duration.ofMillis(1));
		listed(13, found("orders/b", "2", 12));
		assertThat(this.view.catalog().all("orders")).containsExactly("2");
		assertThat(this.view.catalog().epoch()).isEqualTo(1);
		watching(13, found("orders/b", "2", 12));
		this.loop.advance(PAUSE);
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void roomThatIsTakenMeanwhileIsNotReadFor() {
		happens(deleted("orders/a", 13));
		happens(put("orders/c", "3", 14));
		this.loop.advance(PAUSE);
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void entryThatCannotBeReadTakesNoRoom() {
		happens(put("orders/c", "unreadable", 13));
		assertThat(this.view.rejections(10)).containsEntry("/services/orders/c",
				"max-instances-per-service is 1, and so many are held");
		happens(deleted("orders/a", 14), deleted("orders/b", 15));
		this.loop.advance(PAUSE);
		listed(15, found("orders/c", "unreadable", 13));
		assertThat(this.view.rejections(10)).containsEntry("/services/orders/c", "not to be read");
		watching(15, found("orders/c", "unreadable", 13));
		happens(put("orders/d", "4", 16), put("orders/c", "3", 17));
		assertThat(this.view.catalog().all("orders")).containsExactly("4");
		assertThat(this.view.statistics().rejected()).isEqualTo(1);
	}

	@Test
	void newInstancesTakeTheRoomOfThoseThatAListingDoesNotFind() {
		ends(Reason.COMPACTED);
		this.loop.advance(RETRY);
		// While it is read, "a" still holds the room.
		listed(14, found("orders/b", "2", 12));
		assertThat(this.view.catalog().all("orders")).containsExactly("2");
	}

	@Test
	void viewThatIsNotCurrentReadsOnceItIs() {
		happens(deleted("orders/a", 13));
		ends(Reason.UNAVAILABLE);
		this.loop.advance(PAUSE);
		assertThat(this.etcd.pending()).isEmpty();
		watching(13, found("orders/b", "2", 12));
		this.loop.advance(PAUSE);
		assertThat(this.etcd.pending()).containsExactly("list /services/");
	}

}
