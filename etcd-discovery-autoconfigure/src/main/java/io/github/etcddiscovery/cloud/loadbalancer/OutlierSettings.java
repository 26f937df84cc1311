package io.github.etcddiscovery.cloud.loadbalancer;

import java.time.Duration;

import io.github.etcddiscovery.Internal;

/**
 * When an instance is ejected. The terms are those of Envoy's outlier detection.
 *
 * @param baseEjectionTime the duration of the first ejection. Each further one lasts
 * twice as long, until a call succeeds
 * @param maxEjectionTime the longest duration
 * @param maxEjectionPercent the largest share of the available instances that is ejected,
 * and of the instances that match a request that is left out, in percent, rounded down
 * @param consecutive5xx the number of consecutive 5xx responses before an ejection, 0 for
 * never
 * @param consecutiveTimeouts the number of consecutive read timeouts before an ejection,
 * 0 for never
 */
@Internal
public record OutlierSettings(Duration baseEjectionTime, Duration maxEjectionTime, int maxEjectionPercent,
		int consecutive5xx, int consecutiveTimeouts) {

}
