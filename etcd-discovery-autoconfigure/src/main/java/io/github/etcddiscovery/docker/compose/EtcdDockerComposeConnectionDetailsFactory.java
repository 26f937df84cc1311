package io.github.etcddiscovery.docker.compose;

import java.util.List;

import io.github.etcddiscovery.autoconfigure.EtcdConnectionDetails;
import io.github.etcddiscovery.docker.EtcdContainer;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.docker.compose.core.RunningService;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionDetailsFactory;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionSource;
import org.springframework.boot.ssl.SslBundle;

/**
 * Connects to the {@code etcd} service of a Docker Compose file: one of a known image, or
 * with the label {@code org.springframework.boot.service-connection: etcd}.
 */
class EtcdDockerComposeConnectionDetailsFactory extends DockerComposeConnectionDetailsFactory<EtcdConnectionDetails> {

	EtcdDockerComposeConnectionDetailsFactory() {
		super(EtcdContainer.IMAGES.toArray(String[]::new));
	}

	@Override
	protected EtcdConnectionDetails getDockerComposeConnectionDetails(DockerComposeConnectionSource source) {
		return new EtcdDockerComposeConnectionDetails(source.getRunningService());
	}

	/**
	 * What the running service says.
	 */
	private static final class EtcdDockerComposeConnectionDetails extends DockerComposeConnectionDetails
			implements EtcdConnectionDetails {

		private final String endpoint;

		private final EtcdContainer etcd;

		private final @Nullable SslBundle sslBundle;

		EtcdDockerComposeConnectionDetails(RunningService service) {
			super(service);
			this.etcd = new EtcdContainer(service.env(), List.of());
			this.sslBundle = getSslBundle(service);
			this.endpoint = this.etcd.endpoint(service.host(), service.ports().get(EtcdContainer.PORT),
					this.sslBundle != null);
		}

		@Override
		public List<String> getEndpoints() {
			return List.of(this.endpoint);
		}

		@Override
		public @Nullable String getUsername() {
			return this.etcd.username();
		}

		@Override
		public @Nullable String getPassword() {
			return this.etcd.password();
		}

		@Override
		public @Nullable SslBundle getSslBundle() {
			return this.sslBundle;
		}

		@Override
		public boolean isPlaintextCredentialsAllowed() {
			return true;
		}

	}

}
