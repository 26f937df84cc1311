package io.github.etcddiscovery.support;

import java.util.ArrayList;
import java.util.List;

import io.github.etcddiscovery.support.Telemetry.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is measured, and that it harms nobody. Tests of {@link OpenOperation}.
 */
@ExtendWith(OutputCaptureExtension.class)
class TelemetryTests {

	private static final String KEY = "/services/orders/a";

	private final List<String> told = new ArrayList<>();

	private final OpenOperation operation = new OpenOperation(new Telemetry() {

		@Override
		public Operation begin(Kind kind, String subject) {
			TelemetryTests.this.told.add("begin " + kind);
			return (failure) -> TelemetryTests.this.told
				.add("end " + kind + ((failure != null) ? " " + failure.getMessage() : ""));
		}

	}, KEY);

	@Test
	void whatIsUnderWayDoesNotBeginAgain() {
		this.operation.begin(Kind.REGISTER);
		this.operation.begin(Kind.REGISTER);
		this.operation.end(null);
		this.operation.end(null);
		assertThat(this.told).containsExactly("begin REGISTER", "end REGISTER");
	}

	@Test
	void failureEndsWhatIsUnderWayAndItBeginsAgain() {
		this.operation.retry(new IllegalStateException("nothing to fail yet"));
		this.operation.begin(Kind.REGISTER);
		this.operation.retry(new IllegalStateException("refused"));
		this.operation.end(null);
		assertThat(this.told).containsExactly("begin REGISTER", "end REGISTER refused", "begin REGISTER",
				"end REGISTER");
	}

	@Test
	void nothingBeginsAfterTheEnd() {
		this.operation.begin(Kind.DEREGISTER);
		this.operation.close(new IllegalStateException("given up"));
		this.operation.begin(Kind.REGISTER);
		this.operation.end(null);
		assertThat(this.told).containsExactly("begin DEREGISTER", "end DEREGISTER given up");
	}

	@Test
	void telemetryThatThrowsHarmsNobodyAndIsLoggedOnce(CapturedOutput output) {
		Telemetry throwing = new GuardedTelemetry(new Telemetry() {

			@Override
			public Operation begin(Kind kind, String subject) {
				throw new NoClassDefFoundError("thrown on purpose");
			}

			@Override
			public void written(String key, long revision, long sentAt) {
				throw new IllegalStateException("thrown on purpose");
			}

			@Override
			public void seen(String prefix, long revision, long seenAt) {
				throw new IllegalStateException("thrown on purpose");
			}

		});
		throwing.begin(Kind.REGISTER, KEY).end(null);
		throwing.written(KEY, 1, 1);
		throwing.seen("/services/", 1, 1);
		assertThat(output.toString().split("Something is not measured", -1)).hasSize(2);
	}

}
