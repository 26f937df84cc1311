package io.github.etcddiscovery.cloud.discovery;

import java.util.List;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.cloud.ManagementServices;
import io.github.etcddiscovery.view.CatalogSource;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;

/**
 * Spring Cloud's {@link DiscoveryClient} over the view. Reading never blocks and never
 * throws. Only instances with status UP are returned.
 */
public class EtcdDiscoveryClient implements DiscoveryClient {

	private final CatalogSource<ServiceInstance> view;

	private final int order;

	private final EarlyLookup early = new EarlyLookup();

	/**
	 * Creates a client.
	 * @param view what is registered
	 * @param order the order among discovery clients
	 */
	public EtcdDiscoveryClient(CatalogSource<ServiceInstance> view, int order) {
		this.view = view;
		this.order = order;
	}

	@Override
	public String description() {
		return "etcd Discovery Client";
	}

	/**
	 * Returns the instances that may be called now.
	 * @param serviceId the service
	 * @return the instances, sorted by id, not modifiable; empty if there are none
	 */
	@Override
	public List<ServiceInstance> getInstances(String serviceId) {
		return this.early.check(serviceId, this.view.catalog());
	}

	/**
	 * Returns the names of the services that have instances. The services of management
	 * servers are left out, because a gateway would create a public route to each.
	 * @return the names, not modifiable
	 */
	@Override
	public List<String> getServices() {
		return ManagementServices.leaveOut(this.view.catalog());
	}

	/**
	 * Asks etcd itself, and waits for the answer; while there is no connection at most
	 * twice the request timeout.
	 * @throws EtcdException if etcd does not answer or does not allow reading
	 */
	@Override
	public void probe() {
		try {
			this.view.probe().join();
		}
		catch (RuntimeException ex) {
			throw EtcdException.from(ex);
		}
	}

	/**
	 * Whether this client answers from a particular view.
	 * @param view the view
	 * @return whether it reads from that very view
	 */
	@Internal
	public boolean reads(CatalogSource<ServiceInstance> view) {
		return this.view == view;
	}

	@Override
	public int getOrder() {
		return this.order;
	}

}
