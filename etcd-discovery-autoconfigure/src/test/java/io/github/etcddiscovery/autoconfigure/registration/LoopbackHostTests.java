package io.github.etcddiscovery.autoconfigure.registration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link AdvertisedHost}: which hosts only this machine reaches.
 */
class LoopbackHostTests {

	@ParameterizedTest
	@ValueSource(strings = { "localhost", "LocalHost", "127.0.0.1", "127.1.2.3", "::1", "0:0:0:0:0:0:0:1" })
	void loopbackIsReachedByThisMachineOnly(String host) {
		assertThat(AdvertisedHost.isLoopback(host)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "orders", "10.0.0.1", "12.7.0.1", "2001:db8:0:0:0:0:0:1", "0.0.0.0" })
	void otherHostsAreReachedByOthers(String host) {
		assertThat(AdvertisedHost.isLoopback(host)).isFalse();
	}

	@ParameterizedTest
	@CsvSource({ "::1, true", "127.0.0.1, true", "10.0.0.1, false", "2001:db8::1, false" })
	void serverThatListensOnOneAddressIsReachedThere(String address, boolean loopback) {
		AdvertisedHost bound = bound(address);
		assertThat(AdvertisedHost.isLoopback(bound.host())).isEqualTo(loopback);
		assertThat(bound.reason()).isEqualTo("the server listens on management.server.address only");
	}

	@ParameterizedTest
	@ValueSource(strings = { "0.0.0.0", "::" })
	void serverThatListensOnAllAddressesHasNoneOfItsOwn(String address) {
		assertThat(bound(address)).isNull();
	}

	@Test
	void serverWithoutAnAddressListensOnAll() {
		assertThat(AdvertisedHost.bound("management.server.address", new MockEnvironment())).isNull();
	}

	private static AdvertisedHost bound(String address) {
		return AdvertisedHost.bound("management.server.address",
				new MockEnvironment().withProperty("management.server.address", address));
	}

}
