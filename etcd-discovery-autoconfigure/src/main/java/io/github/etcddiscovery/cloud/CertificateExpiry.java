package io.github.etcddiscovery.cloud;

import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.client.EtcdException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.ssl.SslBundle;

/**
 * When this application and etcd will not trust each other any more: when its own
 * certificate ends, or the last of those it trusts, whichever is earlier. What the JVM
 * trusts by itself does not count. Safe to use from any thread.
 */
@Internal
public final class CertificateExpiry {

	private static final Logger logger = LoggerFactory.getLogger(CertificateExpiry.class);

	/** As Spring Boot's health indicator for SSL. */
	private static final Duration SOON = Duration.ofDays(14);

	private static final Duration BETWEEN_WARNINGS = Duration.ofDays(1);

	private final InstantSource clock;

	private volatile @Nullable Instant expires;

	private Instant warned = Instant.MIN;

	/**
	 * Creates one that knows of no certificates.
	 * @param clock tells the time
	 */
	public CertificateExpiry(InstantSource clock) {
		this.clock = clock;
	}

	/**
	 * Takes note of the certificates that are used from now on.
	 * @param bundle has them, {@code null} if there are none
	 */
	public void update(@Nullable SslBundle bundle) {
		if (bundle == null) {
			this.expires = null;
			return;
		}
		Stream<Instant> own = certificates(bundle.getStores().getKeyStore()).stream().limit(1);
		Stream<Instant> trusted = certificates(bundle.getStores().getTrustStore()).stream()
			.max(Comparator.naturalOrder())
			.stream();
		this.expires = Stream.concat(own, trusted).min(Comparator.naturalOrder()).orElse(null);
	}

	/** When the certificates of a store end, the earliest first. */
	private static List<Instant> certificates(@Nullable KeyStore store) {
		if (store == null) {
			return List.of();
		}
		try {
			Collection<String> aliases = Collections.list(store.aliases());
			return aliases.stream()
				.map((alias) -> certificate(store, alias))
				.filter(X509Certificate.class::isInstance)
				.map((certificate) -> ((X509Certificate) certificate).getNotAfter().toInstant())
				.sorted()
				.toList();
		}
		catch (KeyStoreException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static @Nullable Certificate certificate(KeyStore store, String alias) {
		try {
			return store.getCertificate(alias);
		}
		catch (KeyStoreException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Returns when trust ends.
	 * @return the moment, {@code null} without certificates
	 */
	public @Nullable Instant expires() {
		return this.expires;
	}

	/**
	 * Whether that is in two weeks or less.
	 * @return whether it is
	 */
	public boolean isSoon() {
		Duration remaining = remaining();
		return remaining != null && remaining.compareTo(SOON) <= 0;
	}

	/**
	 * Returns how long there is left.
	 * @return the time, negative when it is over; {@code null} without certificates
	 */
	public @Nullable Duration remaining() {
		Instant end = this.expires;
		return (end != null) ? Duration.between(this.clock.instant(), end) : null;
	}

	/**
	 * Adds to a failure that trust has ended, if it has, since the other side may not say
	 * so.
	 * @param failure how connecting has failed
	 * @return the failure, or one that says more
	 */
	public EtcdException explain(EtcdException failure) {
		Duration remaining = remaining();
		if (failure.reason() != EtcdException.Reason.UNAVAILABLE || remaining == null || !remaining.isNegative()) {
			return failure;
		}
		return new EtcdException(failure.reason(),
				failure.getMessage() + "; a certificate for it ended at " + this.expires, failure);
	}

	/** Warns once a day when it is soon. */
	public synchronized void warn() {
		Instant now = this.clock.instant();
		if (isSoon() && (this.warned.equals(Instant.MIN) || !now.isBefore(this.warned.plus(BETWEEN_WARNINGS)))) {
			this.warned = now;
			logger.warn("A certificate for the connection to etcd ends at {}", this.expires);
		}
	}

}
