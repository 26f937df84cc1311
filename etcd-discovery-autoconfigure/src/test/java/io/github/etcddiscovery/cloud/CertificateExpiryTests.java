package io.github.etcddiscovery.cloud;

import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.concurrent.atomic.AtomicReference;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslStoreBundle;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link CertificateExpiry}.
 */
@ExtendWith(OutputCaptureExtension.class)
class CertificateExpiryTests {

	private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

	private static final EtcdException UNAVAILABLE = new EtcdException(Reason.UNAVAILABLE, "no connection", null);

	private final AtomicReference<Instant> clock = new AtomicReference<>(NOW);

	private CertificateExpiry expiry;

	@BeforeEach
	void create() {
		this.expiry = new CertificateExpiry(this.clock::get);
	}

	@Test
	void withoutCertificatesNothingExpires(CapturedOutput output) {
		this.expiry.warn();
		assertThat(this.expiry.expires()).isNull();
		assertThat(this.expiry.remaining()).isNull();
		assertThat(this.expiry.isSoon()).isFalse();
		assertThat(this.expiry.explain(UNAVAILABLE)).isSameAs(UNAVAILABLE);
		assertThat(output).isEmpty();
	}

	@Test
	void ownCertificateThatEndsFirstCounts() throws Exception {
		this.expiry.update(bundle(store(days(20)), store(days(40))));
		assertThat(this.expiry.expires()).isEqualTo(days(20));
		assertThat(this.expiry.remaining()).isEqualTo(Duration.ofDays(20));
	}

	@Test
	void trustEndsWithTheLastOfTheTrustedCertificates() throws Exception {
		this.expiry.update(bundle(store(days(60)), store(days(10), days(30))));
		assertThat(this.expiry.expires()).isEqualTo(days(30));
	}

	@Test
	void earliestCertificateOfTheOwnChainCounts() throws Exception {
		this.expiry.update(bundle(store(days(50), days(5)), null));
		assertThat(this.expiry.expires()).isEqualTo(days(5));
	}

	@Test
	void laterUpdateReplacesWhatWasKnown() throws Exception {
		this.expiry.update(bundle(store(days(20)), null));
		this.expiry.update(null);
		assertThat(this.expiry.expires()).isNull();
	}

	@Test
	void twoWeeksAreSoonAndAMomentMoreIsNot() throws Exception {
		this.expiry.update(bundle(store(days(14)), null));
		assertThat(this.expiry.isSoon()).isTrue();
		this.clock.set(NOW.minusSeconds(1));
		assertThat(this.expiry.isSoon()).isFalse();
	}

	@Test
	void failureIsExplainedOnlyOnceACertificateHasEnded() throws Exception {
		this.expiry.update(bundle(store(days(1)), null));
		assertThat(this.expiry.explain(UNAVAILABLE)).isSameAs(UNAVAILABLE);
		this.clock.set(days(2));
		assertThat(this.expiry.explain(UNAVAILABLE))
			.hasMessage("no connection; a certificate for it ended at " + days(1))
			.hasCause(UNAVAILABLE);
		EtcdException denied = new EtcdException(Reason.PERMISSION_DENIED, "denied", null);
		assertThat(this.expiry.explain(denied)).isSameAs(denied);
	}

	@Test
	void warnsOnceADay(CapturedOutput output) throws Exception {
		this.expiry.update(bundle(store(days(15)), null));
		this.expiry.warn();
		assertThat(output).isEmpty();
		this.clock.set(days(2));
		this.expiry.warn();
		this.expiry.warn();
		assertThat(output.toString().split("ends at")).hasSize(2);
		this.clock.set(days(3));
		this.expiry.warn();
		assertThat(output.toString().split("ends at")).hasSize(3);
	}

	private static Instant days(int days) {
		return NOW.plus(Duration.ofDays(days));
	}

	private static SslBundle bundle(@Nullable KeyStore own, @Nullable KeyStore trusted) {
		return SslBundle.of(SslStoreBundle.of(own, null, trusted));
	}

	private static KeyStore store(Instant... ends) throws Exception {
		KeyStore store = KeyStore.getInstance("PKCS12");
		store.load(null, null);
		for (Instant end : ends) {
			X509Certificate certificate = mock(X509Certificate.class);
			given(certificate.getNotAfter()).willReturn(Date.from(end));
			store.setCertificateEntry("certificate-" + store.size(), certificate);
		}
		return store;
	}

}
