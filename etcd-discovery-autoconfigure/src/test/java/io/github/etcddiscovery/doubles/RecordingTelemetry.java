package io.github.etcddiscovery.doubles;

import java.util.ArrayList;
import java.util.List;

import io.github.etcddiscovery.support.Telemetry;

/**
 * Remembers what it heard, in its order.
 */
public final class RecordingTelemetry implements Telemetry {

	private final List<String> heard = new ArrayList<>();

	@Override
	public Operation begin(Kind kind, String subject) {
		String operation = kind + " " + subject;
		this.heard.add(operation + " begins");
		return (failure) -> this.heard
			.add(operation + ((failure != null) ? " fails: " + failure.getMessage() : " succeeds"));
	}

	@Override
	public void written(String key, long revision, long sentAt) {
		this.heard.add(key + " written at " + revision + ", sent at " + sentAt);
	}

	@Override
	public void seen(String prefix, long revision, long seenAt) {
		this.heard.add(prefix + " seen at " + revision);
	}

	/** Returns what it has heard since this was asked the last time. */
	public List<String> heard() {
		List<String> heard = List.copyOf(this.heard);
		this.heard.clear();
		return heard;
	}

}
