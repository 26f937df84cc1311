package io.github.etcddiscovery.actuate;

import java.util.List;
import java.util.Map;
import java.util.Optional;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.cluster.Remote;
import io.github.etcddiscovery.view.ServiceView;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.util.MimeTypeUtils;

/**
 * Actuator endpoint {@code etcdtargets}: the instances as targets of Prometheus, in the
 * format of its HTTP service discovery ({@code http_sd_configs}), whose content type is
 * always {@code application/json}. Answers from memory. Answers with status 503 as long
 * as it is not known which instances there are: Prometheus then keeps the targets that it
 * has.
 */
@Internal
@WebEndpoint(id = "etcdtargets", defaultAccess = Access.READ_ONLY)
public class EtcdTargetsEndpoint {

	private final ClusterView<ServiceInstance> clusters;

	private final ScrapeTargets targets;

	/**
	 * Creates the endpoint.
	 * @param clusters what is registered
	 * @param sanitizer hides secret metadata
	 */
	public EtcdTargetsEndpoint(ClusterView<ServiceInstance> clusters, MetadataSanitizer sanitizer) {
		this.clusters = clusters;
		this.targets = new ScrapeTargets(sanitizer);
	}

	/**
	 * Returns the instances of the home cluster.
	 * @return a group for each instance
	 */
	@ReadOperation(produces = MimeTypeUtils.APPLICATION_JSON_VALUE)
	public WebEndpointResponse<List<TargetGroup>> targets() {
		return targets(this.clusters.home());
	}

	/**
	 * Returns the instances of a remote cluster.
	 * @param cluster the name of the cluster
	 * @return a group for each instance; status 404 if there is no such cluster
	 */
	@ReadOperation(produces = MimeTypeUtils.APPLICATION_JSON_VALUE)
	public WebEndpointResponse<List<TargetGroup>> targetsOfCluster(@Selector String cluster) {
		Optional<Remote<ServiceInstance>> remote = this.clusters.remotes()
			.stream()
			.filter((candidate) -> candidate.name().equals(cluster))
			.findFirst();
		return remote.map((found) -> targets(found.view()))
			.orElseGet(() -> new WebEndpointResponse<>(WebEndpointResponse.STATUS_NOT_FOUND));
	}

	private WebEndpointResponse<List<TargetGroup>> targets(ServiceView<ServiceInstance> view) {
		boolean known = view.catalog().isSynced() || view.isRestored();
		return known ? new WebEndpointResponse<>(this.targets.of(view.catalog()))
				: new WebEndpointResponse<>(WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE);
	}

	/**
	 * An instance in the format of Prometheus.
	 *
	 * @param targets its address, {@code host:port}
	 * @param labels what is known of it
	 */
	public record TargetGroup(List<String> targets, Map<String, String> labels) {

	}

}
