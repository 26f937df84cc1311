package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.util.List;

import io.github.etcddiscovery.cloud.loadbalancer.MinAvailable;
import io.github.etcddiscovery.cloud.loadbalancer.OutlierSettings;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the choice among the instances of a service. Immutable.
 *
 * @param zones the preferred zones in order, empty for no preference
 * @param minAvailable the least number of instances to choose from
 * @param allWithoutMatch whether all instances are used if none has the selected metadata
 * @param outlier when an instance is ejected, {@code null} for never
 */
record ChoiceSettings(List<String> zones, MinAvailable minAvailable, boolean allWithoutMatch,
		@Nullable OutlierSettings outlier) {

}
