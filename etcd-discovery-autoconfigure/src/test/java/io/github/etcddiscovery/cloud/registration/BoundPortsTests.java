package io.github.etcddiscovery.cloud.registration;

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link BoundPorts}.
 */
class BoundPortsTests {

	private static final BoundPorts NONE = new BoundPorts() {
	};

	@Test
	void nobodyKnowsAPort() {
		assertThat(of(BoundPorts.of(List.of()))).isEqualTo(new Known(0, 0, 0, false, false));
		assertThat(of(BoundPorts.of(List.of(NONE)))).isEqualTo(new Known(0, 0, 0, false, false));
	}

	@Test
	void firstThatIsKnownOfEachKindCounts() {
		BoundPorts ports = BoundPorts
			.of(List.of(NONE, new Known(1, 0, 3, false, true), new Known(4, 5, 6, true, false)));
		assertThat(of(ports)).isEqualTo(new Known(1, 5, 3, true, true));
	}

	private static Known of(BoundPorts ports) {
		return new Known(ports.server(), ports.management(), ports.grpc(), ports.hasGrpcServer(),
				ports.isInExternalContainer());
	}

	private record Known(int server, int management, int grpc, boolean hasGrpcServer,
			boolean isInExternalContainer) implements BoundPorts {

	}

}
