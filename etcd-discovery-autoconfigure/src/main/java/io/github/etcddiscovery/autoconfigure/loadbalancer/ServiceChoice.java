package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.util.List;

import io.github.etcddiscovery.cloud.loadbalancer.MinAvailable;
import io.github.etcddiscovery.cloud.loadbalancer.OutlierSettings;
import org.jspecify.annotations.Nullable;

/**
 * How instances of a service are chosen, as checked at the start. Immutable.
 *
 * @param zones the zones in the order in which they are used, empty for any
 * @param minAvailable how many instances must be available before the next zone is left
 * alone
 * @param allWithoutMatch whether all instances are used if none has the selected metadata
 * @param outlier when an instance is set aside, {@code null} for never
 */
record ServiceChoice(List<String> zones, MinAvailable minAvailable, boolean allWithoutMatch,
		@Nullable OutlierSettings outlier) {

}
