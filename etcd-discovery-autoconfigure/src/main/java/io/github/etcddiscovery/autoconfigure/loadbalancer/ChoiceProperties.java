package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.autoconfigure.InvalidProperties;
import io.github.etcddiscovery.cloud.loadbalancer.MinAvailable;
import io.github.etcddiscovery.cloud.loadbalancer.OutlierSettings;

import org.springframework.boot.context.properties.bind.Name;

/**
 * How instances are chosen: for all services, or for one of them.
 */
@Internal
public class ChoiceProperties {

	/**
	 * Preferred zones, in order. Instances of other zones are used last.
	 */
	private List<String> zones = new ArrayList<>();

	/**
	 * Least number of instances to choose from. If the first zone has fewer, instances of
	 * the next zones join. A percentage refers to the registered instances of the first
	 * zone.
	 */
	private String minAvailable = "1";

	/**
	 * Which instances to use if none has the selected metadata: any or none.
	 */
	private SelectDefault selectDefault = SelectDefault.ANY;

	private final Outlier outlier = new Outlier();

	public List<String> getZones() {
		return this.zones;
	}

	public void setZones(List<String> zones) {
		this.zones = zones;
	}

	public String getMinAvailable() {
		return this.minAvailable;
	}

	public void setMinAvailable(String minAvailable) {
		this.minAvailable = minAvailable;
	}

	public SelectDefault getSelectDefault() {
		return this.selectDefault;
	}

	public void setSelectDefault(SelectDefault selectDefault) {
		this.selectDefault = selectDefault;
	}

	public Outlier getOutlier() {
		return this.outlier;
	}

	/**
	 * Checks the values.
	 * @param prefix what the names of these properties begin with, after
	 * {@code spring.cloud.etcd.discovery.}
	 * @return the values
	 * @throws org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException
	 * if a value is not allowed
	 */
	ChoiceSettings toSettings(String prefix) {
		for (String zone : this.zones) {
			if (zone.isBlank()) {
				throw invalid(prefix + "zones", this.zones,
						"Expected zone names, separated by commas, none of which is blank.");
			}
		}
		MinAvailable floor = InvalidProperties.check(prefix + "min-available",
				() -> MinAvailable.parse(this.minAvailable));
		OutlierSettings settings = this.outlier.toSettings(prefix + "outlier.");
		return new ChoiceSettings(List.copyOf(this.zones), floor, this.selectDefault == SelectDefault.ANY,
				this.outlier.isEnabled() ? settings : null);
	}

	private static RuntimeException invalid(String property, Object value, String expected) {
		return InvalidProperties.invalid("discovery." + property, value, expected);
	}

	/**
	 * The instances that are used if none has the selected metadata.
	 */
	public enum SelectDefault {

		/** All instances. */
		ANY,

		/** No instance. */
		NONE

	}

	/**
	 * When an instance is ejected.
	 */
	public static class Outlier {

		/**
		 * Whether to eject instances that accept no connection.
		 */
		private boolean enabled = true;

		/**
		 * Duration of the first ejection. Each further ejection lasts twice as long,
		 * until a call succeeds.
		 */
		private Duration baseEjectionTime = Duration.ofSeconds(1);

		/**
		 * Longest duration of an ejection.
		 */
		private Duration maxEjectionTime = Duration.ofSeconds(10);

		/**
		 * Largest share of the available instances that is ejected, in percent, rounded
		 * down.
		 */
		private int maxEjectionPercent = 50;

		/**
		 * Number of consecutive 5xx responses before an ejection; 0 for never.
		 */
		@Name("consecutive-5xx")
		private int consecutive5xx;

		/**
		 * Number of consecutive read timeouts before an ejection; 0 for never.
		 */
		private int consecutiveTimeouts;

		private OutlierSettings toSettings(String prefix) {
			if (this.baseEjectionTime.isNegative() || this.baseEjectionTime.isZero()) {
				throw invalid(prefix + "base-ejection-time", this.baseEjectionTime,
						"Expected a duration of more than 0, such as 1s.");
			}
			if (this.maxEjectionTime.compareTo(this.baseEjectionTime) < 0) {
				throw invalid(prefix + "max-ejection-time", this.maxEjectionTime,
						"Expected at least base-ejection-time, which is " + this.baseEjectionTime.toMillis() + " ms.");
			}
			if (this.maxEjectionPercent < 0 || this.maxEjectionPercent > 100) {
				throw invalid(prefix + "max-ejection-percent", this.maxEjectionPercent, "Expected 0 to 100.");
			}
			if (this.consecutive5xx < 0) {
				throw invalid(prefix + "consecutive-5xx", this.consecutive5xx, "Expected 0 or more.");
			}
			if (this.consecutiveTimeouts < 0) {
				throw invalid(prefix + "consecutive-timeouts", this.consecutiveTimeouts, "Expected 0 or more.");
			}
			return new OutlierSettings(this.baseEjectionTime, this.maxEjectionTime, this.maxEjectionPercent,
					this.consecutive5xx, this.consecutiveTimeouts);
		}

		public boolean isEnabled() {
			return this.enabled;
		}

		public void setEnabled(boolean enabled) {
			this.enabled = enabled;
		}

		public Duration getBaseEjectionTime() {
			return this.baseEjectionTime;
		}

		public void setBaseEjectionTime(Duration baseEjectionTime) {
			this.baseEjectionTime = baseEjectionTime;
		}

		public Duration getMaxEjectionTime() {
			return this.maxEjectionTime;
		}

		public void setMaxEjectionTime(Duration maxEjectionTime) {
			this.maxEjectionTime = maxEjectionTime;
		}

		public int getMaxEjectionPercent() {
			return this.maxEjectionPercent;
		}

		public void setMaxEjectionPercent(int maxEjectionPercent) {
			this.maxEjectionPercent = maxEjectionPercent;
		}

		public int getConsecutive5xx() {
			return this.consecutive5xx;
		}

		public void setConsecutive5xx(int consecutive5xx) {
			this.consecutive5xx = consecutive5xx;
		}

		public int getConsecutiveTimeouts() {
			return this.consecutiveTimeouts;
		}

		public void setConsecutiveTimeouts(int consecutiveTimeouts) {
			this.consecutiveTimeouts = consecutiveTimeouts;
		}

	}

}
