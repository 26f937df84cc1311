package io.github.etcddiscovery.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InstanceStatus;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * How this application is registered in etcd and finds others there.
 */
@Internal
@ConfigurationProperties(EtcdDiscoveryProperties.PREFIX)
public class EtcdDiscoveryProperties {

	/** The beginning of the names of these properties. */
	public static final String PREFIX = "spring.cloud.etcd.discovery";

	/**
	 * Whether services are discovered, and this application registered, through etcd.
	 */
	private boolean enabled = true;

	/**
	 * Whether this application registers itself.
	 */
	private boolean register = true;

	/**
	 * Whether this application takes its record out of etcd when it closes. Otherwise the
	 * record stays until its lease runs out.
	 */
	private boolean deregister = true;

	/**
	 * Common prefix of all keys; a record is at prefix/service-id/instance-id.
	 */
	private String prefix = "/services";

	/**
	 * Services to discover, each by a watch of its own. By default all under the prefix,
	 * by one watch.
	 */
	private List<String> services = new ArrayList<>();

	/**
	 * Prefixes of services whose records are not under the common one, by service id; a
	 * record is at service-prefix/instance-id.
	 */
	private Map<String, String> servicePrefixes = new LinkedHashMap<>();

	/**
	 * Other clusters of etcd whose instances are used, by name. Fallbacks are used in the
	 * order in which they are written.
	 */
	private final Map<String, RemoteProperties> remotes = new LinkedHashMap<>();

	/**
	 * How many instances of a service have to be there, by service id, before this
	 * application starts.
	 */
	private Map<String, Integer> waitFor = new LinkedHashMap<>();

	/**
	 * How long to wait for the instances of wait-for. After that starting fails, or goes
	 * on without them if spring.cloud.etcd.fail-fast is off.
	 */
	private Duration waitTimeout = Duration.ofSeconds(30);

	/**
	 * Whether instances that vanish in a crowd without deregistering, or with etcd's
	 * history, are served for ttl + 15 s where a service would have none left.
	 */
	private boolean retainVanished = true;

	private final Snapshot snapshot = new Snapshot();

	/**
	 * Name to register as. By default spring.application.name.
	 */
	private @Nullable String serviceName;

	/**
	 * Id of this instance, unique within its service. By default host:port as advertised.
	 */
	private @Nullable String instanceId;

	/**
	 * Host name or address to advertise. By default server.address if that is a
	 * particular one, else the first address found that is not a loopback one.
	 */
	private @Nullable String host;

	/**
	 * Whether to advertise the IP address found rather than the host name.
	 */
	private boolean preferIpAddress = true;

	/**
	 * Which addresses of this machine may be advertised: 4, 6 or any. With any, an IPv6
	 * address is advertised only where there is no IPv4 address.
	 */
	private String preferIpVersion = "any";

	/**
	 * Port to advertise. By default the port the web server is bound to; required without
	 * a web server.
	 */
	private @Nullable Integer port;

	/**
	 * Port to advertise for the management server. By default the port it is bound to.
	 */
	private @Nullable Integer managementPort;

	/**
	 * Bean name of the GrpcServerLifecycle whose port to advertise. Required if there are
	 * several gRPC servers on the network.
	 */
	private @Nullable String grpcServer;

	/**
	 * Whether the advertised port speaks TLS. By default whether server.ssl is set up.
	 */
	private @Nullable Boolean secure;

	/**
	 * Zone to advertise, as metadata 'zone'.
	 */
	private @Nullable String zone;

	/**
	 * Further properties to advertise.
	 */
	private Map<String, String> metadata = new LinkedHashMap<>();

	/**
	 * Further properties to advertise with the management port, where that is another
	 * port.
	 */
	private Map<String, String> managementMetadata = new LinkedHashMap<>();

	/**
	 * Whether metadata may be advertised whose names say that they are secret, such as
	 * 'password'.
	 */
	private boolean allowSecretMetadata;

	/**
	 * Format to register in: json, url (go-kit's), address (go-zero's), grpc (etcd's own
	 * naming), kratos, skydns (for DNS servers), or that of an InstanceCodec bean.
	 */
	private String format = "json";

	private final WriteAlsoProperties writeAlso = new WriteAlsoProperties();

	/**
	 * How many instances to hold at most; what is beyond is rejected.
	 */
	private int maxInstances = 200_000;

	/**
	 * How many instances of one service to hold at most; what is beyond is rejected.
	 */
	private int maxInstancesPerService = 20_000;

	/**
	 * Networks that instances may be in, such as 10.0.0.0/8; then a host name is refused.
	 * By default all, but for link-local, multicast and wildcard addresses.
	 */
	private List<String> allowedNetworks = new ArrayList<>();

	/**
	 * How long the record outlives a process that died; a fraction of a second is rounded
	 * up.
	 */
	private Duration ttl = Duration.ofSeconds(10);

	/**
	 * How often the record's lease is renewed; at least 500 ms, and less than the ttl.
	 */
	private Duration heartbeat = Duration.ofSeconds(3);

	/**
	 * Whether to register only once the application accepts traffic, and to advertise
	 * OUT_OF_SERVICE while it refuses it.
	 */
	private boolean followReadiness = true;

	/**
	 * Health group of the actuator whose status is advertised: UP while the group is UP,
	 * otherwise OUT_OF_SERVICE. Contributors that depend on etcd do not count. By default
	 * none.
	 */
	private @Nullable String followHealth;

	/**
	 * How often the health group is checked.
	 */
	private Duration followHealthInterval = Duration.ofSeconds(2);

	/**
	 * How long a check of the health group may take.
	 */
	private Duration followHealthTimeout = Duration.ofSeconds(1);

	/**
	 * How many failed checks in a row lead to OUT_OF_SERVICE.
	 */
	private int followHealthFailures = 2;

	/**
	 * How many successful checks in a row lead back to UP.
	 */
	private int followHealthSuccesses = 1;

	/**
	 * Status to register with. It stays until it is changed through the actuator endpoint
	 * serviceregistry or by the application.
	 */
	private InstanceStatus initialStatus = InstanceStatus.UP;

	/**
	 * How long to go on serving after deregistering, before the web server stops.
	 */
	private Duration drain = Duration.ofSeconds(1);

	/**
	 * How long an instance that has just come gets less than its share of calls, with the
	 * load balancer configuration 'weighted'.
	 */
	private Duration slowStart = Duration.ZERO;

	/**
	 * Share of the requests to a service that may be repeated although an instance may
	 * have received them; ten a second may always.
	 */
	private double retryBudget = 0.2;

	/**
	 * Order among discovery clients.
	 */
	private int order;

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public boolean isRegister() {
		return this.register;
	}

	public void setRegister(boolean register) {
		this.register = register;
	}

	public boolean isDeregister() {
		return this.deregister;
	}

	public void setDeregister(boolean deregister) {
		this.deregister = deregister;
	}

	public String getPrefix() {
		return this.prefix;
	}

	public void setPrefix(String prefix) {
		this.prefix = prefix;
	}

	public List<String> getServices() {
		return this.services;
	}

	public void setServices(List<String> services) {
		this.services = services;
	}

	public Map<String, String> getServicePrefixes() {
		return this.servicePrefixes;
	}

	public void setServicePrefixes(Map<String, String> servicePrefixes) {
		this.servicePrefixes = servicePrefixes;
	}

	public Map<String, RemoteProperties> getRemotes() {
		return this.remotes;
	}

	public Map<String, Integer> getWaitFor() {
		return this.waitFor;
	}

	public void setWaitFor(Map<String, Integer> waitFor) {
		this.waitFor = waitFor;
	}

	public Duration getWaitTimeout() {
		return this.waitTimeout;
	}

	public void setWaitTimeout(Duration waitTimeout) {
		this.waitTimeout = waitTimeout;
	}

	public boolean isRetainVanished() {
		return this.retainVanished;
	}

	public void setRetainVanished(boolean retainVanished) {
		this.retainVanished = retainVanished;
	}

	public @Nullable String getServiceName() {
		return this.serviceName;
	}

	public void setServiceName(@Nullable String serviceName) {
		this.serviceName = serviceName;
	}

	public @Nullable String getInstanceId() {
		return this.instanceId;
	}

	public void setInstanceId(@Nullable String instanceId) {
		this.instanceId = instanceId;
	}

	public @Nullable String getHost() {
		return this.host;
	}

	public void setHost(@Nullable String host) {
		this.host = host;
	}

	public boolean isPreferIpAddress() {
		return this.preferIpAddress;
	}

	public void setPreferIpAddress(boolean preferIpAddress) {
		this.preferIpAddress = preferIpAddress;
	}

	public String getPreferIpVersion() {
		return this.preferIpVersion;
	}

	public void setPreferIpVersion(String preferIpVersion) {
		this.preferIpVersion = preferIpVersion;
	}

	public @Nullable Integer getManagementPort() {
		return this.managementPort;
	}

	public void setManagementPort(@Nullable Integer managementPort) {
		this.managementPort = managementPort;
	}

	public @Nullable String getGrpcServer() {
		return this.grpcServer;
	}

	public void setGrpcServer(@Nullable String grpcServer) {
		this.grpcServer = grpcServer;
	}

	public @Nullable Integer getPort() {
		return this.port;
	}

	public void setPort(@Nullable Integer port) {
		this.port = port;
	}

	public @Nullable Boolean getSecure() {
		return this.secure;
	}

	public void setSecure(@Nullable Boolean secure) {
		this.secure = secure;
	}

	public @Nullable String getZone() {
		return this.zone;
	}

	public void setZone(@Nullable String zone) {
		this.zone = zone;
	}

	public Map<String, String> getMetadata() {
		return this.metadata;
	}

	public void setMetadata(Map<String, String> metadata) {
		this.metadata = metadata;
	}

	public Map<String, String> getManagementMetadata() {
		return this.managementMetadata;
	}

	public void setManagementMetadata(Map<String, String> managementMetadata) {
		this.managementMetadata = managementMetadata;
	}

	public boolean isAllowSecretMetadata() {
		return this.allowSecretMetadata;
	}

	public void setAllowSecretMetadata(boolean allowSecretMetadata) {
		this.allowSecretMetadata = allowSecretMetadata;
	}

	public String getFormat() {
		return this.format;
	}

	public void setFormat(String format) {
		this.format = format;
	}

	public WriteAlsoProperties getWriteAlso() {
		return this.writeAlso;
	}

	public int getMaxInstances() {
		return this.maxInstances;
	}

	public void setMaxInstances(int maxInstances) {
		this.maxInstances = maxInstances;
	}

	public int getMaxInstancesPerService() {
		return this.maxInstancesPerService;
	}

	public void setMaxInstancesPerService(int maxInstancesPerService) {
		this.maxInstancesPerService = maxInstancesPerService;
	}

	public List<String> getAllowedNetworks() {
		return this.allowedNetworks;
	}

	public void setAllowedNetworks(List<String> allowedNetworks) {
		this.allowedNetworks = allowedNetworks;
	}

	public Duration getTtl() {
		return this.ttl;
	}

	public void setTtl(Duration ttl) {
		this.ttl = ttl;
	}

	public Duration getHeartbeat() {
		return this.heartbeat;
	}

	public void setHeartbeat(Duration heartbeat) {
		this.heartbeat = heartbeat;
	}

	public boolean isFollowReadiness() {
		return this.followReadiness;
	}

	public void setFollowReadiness(boolean followReadiness) {
		this.followReadiness = followReadiness;
	}

	public Snapshot getSnapshot() {
		return this.snapshot;
	}

	public @Nullable String getFollowHealth() {
		return this.followHealth;
	}

	public void setFollowHealth(@Nullable String followHealth) {
		this.followHealth = followHealth;
	}

	public Duration getFollowHealthInterval() {
		return this.followHealthInterval;
	}

	public void setFollowHealthInterval(Duration followHealthInterval) {
		this.followHealthInterval = followHealthInterval;
	}

	public Duration getFollowHealthTimeout() {
		return this.followHealthTimeout;
	}

	public void setFollowHealthTimeout(Duration followHealthTimeout) {
		this.followHealthTimeout = followHealthTimeout;
	}

	public int getFollowHealthFailures() {
		return this.followHealthFailures;
	}

	public void setFollowHealthFailures(int followHealthFailures) {
		this.followHealthFailures = followHealthFailures;
	}

	public int getFollowHealthSuccesses() {
		return this.followHealthSuccesses;
	}

	public void setFollowHealthSuccesses(int followHealthSuccesses) {
		this.followHealthSuccesses = followHealthSuccesses;
	}

	public InstanceStatus getInitialStatus() {
		return this.initialStatus;
	}

	public void setInitialStatus(InstanceStatus initialStatus) {
		this.initialStatus = initialStatus;
	}

	public Duration getDrain() {
		return this.drain;
	}

	public void setDrain(Duration drain) {
		this.drain = drain;
	}

	public Duration getSlowStart() {
		return this.slowStart;
	}

	public void setSlowStart(Duration slowStart) {
		this.slowStart = slowStart;
	}

	public double getRetryBudget() {
		return this.retryBudget;
	}

	public void setRetryBudget(double retryBudget) {
		this.retryBudget = retryBudget;
	}

	public int getOrder() {
		return this.order;
	}

	public void setOrder(int order) {
		this.order = order;
	}

	/**
	 * The last view, for a start without etcd.
	 */
	public static class Snapshot {

		/**
		 * File that keeps the available instances of the home cluster. An application
		 * that starts while etcd is away serves them. By default none.
		 */
		private @Nullable String file;

		/**
		 * How old these instances may be.
		 */
		private Duration maxAge = Duration.ofHours(1);

		public @Nullable String getFile() {
			return this.file;
		}

		public void setFile(@Nullable String file) {
			this.file = file;
		}

		public Duration getMaxAge() {
			return this.maxAge;
		}

		public void setMaxAge(Duration maxAge) {
			this.maxAge = maxAge;
		}

	}

	/**
	 * A second record of the registration, for others.
	 */
	public static class WriteAlsoProperties {

		/**
		 * What the key of a second record begins with, for those who look elsewhere; it
		 * is at service-prefix/instance-id. By default there is none.
		 */
		private @Nullable String servicePrefix;

		/**
		 * Format of the second record.
		 */
		private @Nullable String format;

		public @Nullable String getServicePrefix() {
			return this.servicePrefix;
		}

		public void setServicePrefix(@Nullable String servicePrefix) {
			this.servicePrefix = servicePrefix;
		}

		public @Nullable String getFormat() {
			return this.format;
		}

		public void setFormat(@Nullable String format) {
			this.format = format;
		}

	}

}
