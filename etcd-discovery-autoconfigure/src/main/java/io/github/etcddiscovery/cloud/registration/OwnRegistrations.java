package io.github.etcddiscovery.cloud.registration;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;

/**
 * What an application registers of itself.
 *
 * @param application the application
 * @param management its management port, if that is to be registered as a service of its
 * own where it is another port; {@code null} if not
 */
@Internal
public record OwnRegistrations(EtcdRegistration application, @Nullable EtcdRegistration management) {

	void ifManagement(Consumer<EtcdRegistration> action) {
		if (this.management != null) {
			action.accept(this.management);
		}
	}

	List<EtcdRegistration> all() {
		return Stream.of(this.application, this.management).filter((one) -> one != null).toList();
	}

	OwnRegistrations copy() {
		return new OwnRegistrations(this.application.copy(), (this.management != null) ? this.management.copy() : null);
	}

	/** Takes over the difference between two others. */
	void follow(OwnRegistrations before, OwnRegistrations after) {
		this.application.follow(before.application, after.application);
		if (this.management != null && before.management != null && after.management != null) {
			this.management.follow(before.management, after.management);
		}
	}

	OwnRegistrations withoutManagement() {
		return new OwnRegistrations(this.application, null);
	}

}
