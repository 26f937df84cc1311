package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;

/**
 * What an application has registered, for meters.
 *
 * @param registered how many records are in etcd
 * @param reregistrations how often one had to be put back after it had been there, since
 * the application registered, or registered again after a stop
 * @param leaseRemaining for how long all of them stay if their leases are not renewed any
 * more; zero without a lease
 */
public record RegistrationStatistics(int registered, long reregistrations, Duration leaseRemaining) {

}
