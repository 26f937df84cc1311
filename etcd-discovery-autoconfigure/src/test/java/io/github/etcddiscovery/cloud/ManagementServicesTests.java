package io.github.etcddiscovery.cloud;

import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.view.Catalog;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;

/**
 * Tests of {@link ManagementServices}.
 */
class ManagementServicesTests {

	private static final ServiceInstance MANAGEMENT = instance(Map.of("management_of", "orders"));

	private static final ServiceInstance APPLICATION = instance(Map.of());

	@SuppressWarnings("unchecked")
	private final Catalog<ServiceInstance> catalog = mock(Catalog.class);

	@BeforeEach
	void names() {
		given(this.catalog.services()).willReturn(List.of("orders", "orders-management"));
		given(this.catalog.all("orders")).willReturn(List.of(APPLICATION));
	}

	private static ServiceInstance instance(Map<String, String> metadata) {
		return new DefaultServiceInstance("1", "orders", "h", 1, false, metadata);
	}

	private List<String> left(ServiceInstance... instances) {
		given(this.catalog.all("orders-management")).willReturn(List.of(instances));
		return ManagementServices.leaveOut(this.catalog);
	}

	@Test
	void serviceOfManagementServersIsLeftOut() {
		assertThat(left(MANAGEMENT, MANAGEMENT)).containsExactly("orders");
	}

	@Test
	void listsOfOtherServicesAreNotWorkedOut() {
		left(MANAGEMENT);
		then(this.catalog).should(never()).all("orders");
	}

	@Test
	void serviceThatOnlyHasTheNameStays() {
		assertThat(left(APPLICATION)).containsExactly("orders", "orders-management");
		assertThat(left(MANAGEMENT, APPLICATION)).containsExactly("orders", "orders-management");
		assertThat(left()).containsExactly("orders", "orders-management");
	}

}
