package io.github.etcddiscovery.autoconfigure;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.cloud.commons.util.InetUtils;
import org.springframework.cloud.commons.util.InetUtilsProperties;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Which host to advertise, and why.
 *
 * @param host the host name or address, an IPv6 address without brackets
 * @param reason where it comes from, in words
 * @param wanted whether somebody has asked for just this one
 */
record AdvertisedHost(String host, String reason, boolean wanted) {

	private static final Logger logger = LoggerFactory.getLogger(AdvertisedHost.class);

	private static final String DEFAULT_ADDRESS = "spring.cloud.inetutils.default-ip-address";

	static AdvertisedHost choose(EtcdDiscoveryProperties properties, Environment environment, InetUtils inetUtils) {
		AdvertisedHost chosen = find(properties, environment, inetUtils);
		if (chosen.wanted() || !isLoopback(chosen.host())) {
			logger.info("Advertising host {}: {}", chosen.host(), chosen.reason());
		}
		else {
			logger.warn("Advertising host {}: {}. Others than this machine cannot reach it:"
					+ " set spring.cloud.etcd.discovery.host", chosen.host(), chosen.reason());
		}
		return chosen;
	}

	private static AdvertisedHost find(EtcdDiscoveryProperties properties, Environment environment,
			InetUtils inetUtils) {
		if (StringUtils.hasText(properties.getHost())) {
			return new AdvertisedHost(properties.getHost(), "spring.cloud.etcd.discovery.host says so", true);
		}
		AdvertisedHost bound = bound("server.address", environment);
		if (bound != null) {
			return bound;
		}
		if (!properties.isPreferIpAddress()) {
			return new AdvertisedHost(inetUtils.findFirstNonLoopbackHostInfo().getHostname(),
					"the name of this machine, since spring.cloud.etcd.discovery.prefer-ip-address is false", false);
		}
		InetAddress found = inetUtils.findFirstNonLoopbackAddress();
		if (found != null && isSuitable(found, environment)) {
			return new AdvertisedHost(plain(found), reason(found), false);
		}
		String fallback = environment.getProperty(DEFAULT_ADDRESS);
		if (fallback != null) {
			return new AdvertisedHost(fallback, DEFAULT_ADDRESS + ", since no interface has a suitable address", true);
		}
		return new AdvertisedHost(InetAddress.getLoopbackAddress().getHostAddress(),
				"no interface has a suitable address", false);
	}

	/**
	 * Where no interface suits, Spring Cloud returns the address of the machine's name,
	 * be it of an interface that is to be ignored.
	 */
	private static boolean isSuitable(InetAddress found, Environment environment) {
		try {
			NetworkInterface nic = NetworkInterface.getByInetAddress(found);
			InetUtilsProperties rules = Binder.get(environment)
				.bindOrCreate(InetUtilsProperties.PREFIX, InetUtilsProperties.class);
			return nic != null && !found.isLoopbackAddress()
					&& rules.getIgnoredInterfaces().stream().noneMatch(nic.getDisplayName()::matches);
		}
		catch (SocketException ex) {
			return false;
		}
	}

	/** Whether a host is only this machine's to reach. */
	static boolean isLoopback(String host) {
		return host.equalsIgnoreCase("localhost") || host.startsWith("127.") || host.equals("::1")
				|| host.equals("0:0:0:0:0:0:0:1");
	}

	/**
	 * The address that a server listens on.
	 * @param addressProperty which names it
	 * @return the address, {@code null} if it listens on all
	 */
	static @Nullable AdvertisedHost bound(String addressProperty, Environment environment) {
		InetAddress bound = Binder.get(environment).bind(addressProperty, InetAddress.class).orElse(null);
		return (bound == null || bound.isAnyLocalAddress()) ? null
				: new AdvertisedHost(plain(bound), "the server listens on " + addressProperty + " only", true);
	}

	private static String reason(InetAddress chosen) {
		String others = others(chosen);
		String reason = "the first address found by spring.cloud.inetutils";
		return others.isEmpty() ? reason : reason + "; there are also " + others
				+ ": choose with spring.cloud.inetutils.preferred-networks or spring.cloud.etcd.discovery.host";
	}

	/** The other addresses that others may reach this machine at. */
	private static String others(InetAddress chosen) {
		try {
			return NetworkInterface.networkInterfaces()
				.filter(AdvertisedHost::isUp)
				.flatMap((nic) -> nic.inetAddresses()
					.filter((address) -> address instanceof Inet4Address && !address.isLoopbackAddress()
							&& !address.equals(chosen))
					.map((address) -> address.getHostAddress() + " (" + nic.getName() + ")"))
				.collect(Collectors.joining(", "));
		}
		catch (SocketException ex) {
			return "";
		}
	}

	private static boolean isUp(NetworkInterface nic) {
		try {
			return nic.isUp();
		}
		catch (SocketException ex) {
			return false;
		}
	}

	/** Without the zone that Java appends to a link-local IPv6 address. */
	private static String plain(InetAddress address) {
		String text = address.getHostAddress();
		int zone = text.indexOf('%');
		return (zone < 0) ? text : text.substring(0, zone);
	}

}
