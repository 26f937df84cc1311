package io.github.etcddiscovery.cloud.loadbalancer;

import java.time.Duration;

import io.github.etcddiscovery.Internal;

/**
 * When an instance is set aside. The terms are those of Envoy's outlier detection.
 *
 * @param baseEjectionTime for how long, the first time
 * @param maxEjectionTime for how long at most; the time doubles until a call succeeds
 * @param maxEjectionPercent how many instances of a list at most, in percent, rounded
 * down
 * @param consecutive5xx after how many such responses in a row, 0 for never
 * @param consecutiveTimeouts after how many timeouts in a row, 0 for never
 */
@Internal
public record OutlierSettings(Duration baseEjectionTime, Duration maxEjectionTime, int maxEjectionPercent,
		int consecutive5xx, int consecutiveTimeouts) {

}
