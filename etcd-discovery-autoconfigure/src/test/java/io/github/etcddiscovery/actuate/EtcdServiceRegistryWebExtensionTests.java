package io.github.etcddiscovery.actuate;

import java.util.Map;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.cloud.client.serviceregistry.endpoint.ServiceRegistryEndpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;

/**
 * Tests of {@link EtcdServiceRegistryWebExtension}.
 */
class EtcdServiceRegistryWebExtensionTests {

	private final EtcdServiceRegistry registry = mock(EtcdServiceRegistry.class);

	private final EtcdRegistration registration = new EtcdRegistration("orders", null, "h", 1, false, Map.of());

	private final ServiceRegistryEndpoint endpoint = new ServiceRegistryEndpoint(this.registry);

	private WebEndpointResponse<?> setStatus(@Nullable EtcdRegistration own, @Nullable String status) {
		this.endpoint.setRegistration(this.registration);
		return new EtcdServiceRegistryWebExtension(this.endpoint, this.registry, own).setStatus(status);
	}

	@Test
	void statusIsSetAndConfirmedOnceEtcdHasIt() {
		given(this.registry.flush(this.registration)).willReturn(true);
		assertThat(setStatus(this.registration, "DOWN").getStatus()).isEqualTo(200);
		then(this.registry).should().setStatus(this.registration, "DOWN");
	}

	@Test
	void statusThatEtcdDoesNotHaveYetIsAccepted() {
		assertThat(setStatus(this.registration, "DOWN").getStatus()).isEqualTo(202);
	}

	@Test
	void statusOfAnotherRegistryIsNotWaitedFor() {
		assertThat(setStatus(null, "DOWN").getStatus()).isEqualTo(200);
		then(this.registry).should(never()).flush(this.registration);
	}

	@Test
	void requestWithoutAStatusIsRefusedWithASentence() {
		WebEndpointResponse<?> answer = setStatus(this.registration, null);
		assertThat(answer.getStatus()).isEqualTo(400);
		assertThat(answer.getBody()).asString().contains("No status given: expected {\"status\":\"...\"}");
	}

	@Test
	void refusalOfEtcdIsToldInASentence() {
		given(this.registry.flush(this.registration))
			.willThrow(new EtcdException(Reason.PERMISSION_DENIED, "permission denied", null));
		WebEndpointResponse<?> answer = setStatus(this.registration, "DOWN");
		assertThat(answer.getStatus()).isEqualTo(503);
		assertThat(answer.getBody()).asString().contains("permission denied");
	}

}
