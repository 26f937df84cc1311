package io.github.etcddiscovery.cloud.registration;

import io.github.etcddiscovery.instance.InstanceFormat;

/**
 * A second record of the same registration, for readers of another prefix or format, such
 * as during a migration. Its key is {@code {service-prefix}/{instance-id}}, or ends as
 * the format asks. It has a lease of its own.
 *
 * @param servicePrefix the beginning of the key, with or without a slash at its end
 * @param format the name of an {@link InstanceFormat} that can be written
 */
public record WriteAlso(String servicePrefix, String format) {

}
