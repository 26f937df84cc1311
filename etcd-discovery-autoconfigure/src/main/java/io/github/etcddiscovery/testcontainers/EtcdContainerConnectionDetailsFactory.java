package io.github.etcddiscovery.testcontainers;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import com.github.dockerjava.api.model.ContainerConfig;
import io.github.etcddiscovery.autoconfigure.EtcdConnectionDetails;
import io.github.etcddiscovery.docker.EtcdContainer;
import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.Container;

import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionDetailsFactory;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionSource;

/**
 * Connects to a container with {@code @ServiceConnection}: one of a known image, or with
 * the name {@code etcd}.
 */
class EtcdContainerConnectionDetailsFactory
		extends ContainerConnectionDetailsFactory<Container<?>, EtcdConnectionDetails> {

	EtcdContainerConnectionDetailsFactory() {
		super(EtcdContainer.IMAGES);
	}

	@Override
	protected EtcdConnectionDetails getContainerConnectionDetails(ContainerConnectionSource<Container<?>> source) {
		return new EtcdContainerConnectionDetails(source);
	}

	/**
	 * What the container says, which is started for it.
	 */
	private static final class EtcdContainerConnectionDetails extends ContainerConnectionDetails<Container<?>>
			implements EtcdConnectionDetails {

		EtcdContainerConnectionDetails(ContainerConnectionSource<Container<?>> source) {
			super(source);
		}

		@Override
		public List<String> getEndpoints() {
			Container<?> container = getContainer();
			return List.of(etcd().endpoint(container.getHost(), container.getMappedPort(EtcdContainer.PORT),
					getSslBundle() != null));
		}

		@Override
		public @Nullable String getUsername() {
			return etcd().username();
		}

		@Override
		public @Nullable String getPassword() {
			return etcd().password();
		}

		@Override
		public @Nullable SslBundle getSslBundle() {
			return super.getSslBundle();
		}

		@Override
		public boolean isPlaintextCredentialsAllowed() {
			return true;
		}

		private EtcdContainer etcd() {
			ContainerConfig config = getContainer().getContainerInfo().getConfig();
			Map<String, @Nullable String> environment = new HashMap<>();
			for (String variable : Objects.requireNonNullElse(config.getEnv(), new String[0])) {
				String[] pair = variable.split("=", 2);
				environment.put(pair[0], (pair.length == 2) ? pair[1] : null);
			}
			return new EtcdContainer(environment,
					Arrays.asList(Objects.requireNonNullElse(config.getCmd(), new String[0])));
		}

	}

}
