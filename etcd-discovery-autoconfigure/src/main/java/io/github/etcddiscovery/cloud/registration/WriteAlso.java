package io.github.etcddiscovery.cloud.registration;

import io.github.etcddiscovery.instance.InstanceFormat;

/**
 * A second record of the same registration, for those who look elsewhere or read another
 * format, such as during a migration. It is at {@code {service-prefix}/{instance-id}},
 * under the same lease as the first.
 *
 * @param servicePrefix what stands before the instance id, with or without a slash at its
 * end
 * @param format the name of an {@link InstanceFormat} that can be written
 */
public record WriteAlso(String servicePrefix, String format) {

}
