package io.github.etcddiscovery.autoconfigure.registration;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
 * @param explicit whether a property sets this host explicitly
 */
record AdvertisedHost(String host, String reason, boolean explicit) {

	private static final Logger logger = LoggerFactory.getLogger(AdvertisedHost.class);

	private static final String DEFAULT_ADDRESS = "spring.cloud.inetutils.default-ip-address";

	/** Logs which host is advertised, and warns where other machines cannot reach it. */
	void log() {
		if (this.explicit || !isLoopback(this.host)) {
			logger.info("Advertising host {}: {}", this.host, this.reason);
		}
		else {
			logger.warn("Advertising host {}: {}. Other machines cannot reach it:"
					+ " set spring.cloud.etcd.discovery.host", this.host, this.reason);
		}
	}

	static AdvertisedHost choose(RegistrationSettings settings, Environment environment, InetUtils inetUtils) {
		String said = settings.host();
		if (StringUtils.hasText(said)) {
			return new AdvertisedHost(withoutBrackets(said), "spring.cloud.etcd.discovery.host says so", true);
		}
		AdvertisedHost bound = bound("server.address", environment);
		if (bound != null) {
			return bound;
		}
		InetAddress found = find(settings.preferIpVersion(), environment, inetUtils);
		if (!settings.preferIpAddress()) {
			InetUtils.HostInfo machine = (found != null) ? inetUtils.convertAddress(found)
					: inetUtils.findFirstNonLoopbackHostInfo();
			return new AdvertisedHost(machine.getHostname(),
					"the name of this machine, since spring.cloud.etcd.discovery.prefer-ip-address is false", false);
		}
		if (found != null) {
			return new AdvertisedHost(plain(found), reason(found), false);
		}
		String fallback = environment.getProperty(DEFAULT_ADDRESS);
		if (fallback != null) {
			return new AdvertisedHost(fallback, DEFAULT_ADDRESS + ", since no interface has a suitable address", true);
		}
		return new AdvertisedHost(InetAddress.getLoopbackAddress().getHostAddress(),
				"no interface has a suitable address", false);
	}

	/** Returns {@code null} if no interface has a suitable address. */
	private static @Nullable InetAddress find(IpVersion version, Environment environment, InetUtils inetUtils) {
		InetUtilsProperties rules = Binder.get(environment)
			.bindOrCreate(InetUtilsProperties.PREFIX, InetUtilsProperties.class);
		InetAddress ipv4 = (version != IpVersion.V6) ? findIpv4(inetUtils, rules) : null;
		if (ipv4 != null && isPreferred(ipv4, rules)) {
			return ipv4;
		}
		InetAddress ipv6 = (version != IpVersion.V4) ? findIpv6(rules) : null;
		return (ipv6 != null) ? ipv6 : ipv4;
	}

	/**
	 * Asks InetUtils. If no interface matches, InetUtils returns the address that the
	 * host name resolves to, even if that address belongs to an ignored interface.
	 */
	private static @Nullable InetAddress findIpv4(InetUtils inetUtils, InetUtilsProperties rules) {
		InetAddress found = inetUtils.findFirstNonLoopbackAddress();
		try {
			NetworkInterface nic = (found instanceof Inet4Address && !found.isLoopbackAddress())
					? NetworkInterface.getByInetAddress(found) : null;
			return (nic != null && !isIgnored(nic, rules)) ? found : null;
		}
		catch (SocketException ex) {
			return null;
		}
	}

	/**
	 * Does for IPv6 what InetUtils does for IPv4: the interface with the lowest index
	 * wins.
	 */
	private static @Nullable InetAddress findIpv6(InetUtilsProperties rules) {
		return interfaces().filter((nic) -> !isIgnored(nic, rules))
			.sorted(Comparator.comparingInt(NetworkInterface::getIndex))
			.flatMap(NetworkInterface::inetAddresses)
			.filter((address) -> address instanceof Inet6Address && isReachable(address) && isPreferred(address, rules))
			.findFirst()
			.orElse(null);
	}

	private static boolean isIgnored(NetworkInterface nic, InetUtilsProperties rules) {
		return rules.getIgnoredInterfaces().stream().anyMatch(nic.getDisplayName()::matches);
	}

	private static boolean isPreferred(InetAddress address, InetUtilsProperties rules) {
		if (rules.isUseOnlySiteLocalInterfaces()) {
			return address.isSiteLocalAddress() || isUniqueLocal(address);
		}
		List<String> networks = rules.getPreferredNetworks();
		String text = plain(address);
		Predicate<String> matches = (network) -> text.matches(network) || text.startsWith(network);
		return networks.isEmpty() || networks.stream().anyMatch(matches);
	}

	/** RFC 4193: fc00::/7, what IPv6 has in place of IPv4's site-local networks. */
	private static boolean isUniqueLocal(InetAddress address) {
		return address instanceof Inet6Address && (address.getAddress()[0] & 0xfe) == 0xfc;
	}

	/** A link-local address needs a zone, which is valid on this machine only. */
	private static boolean isReachable(InetAddress address) {
		return !address.isLoopbackAddress() && !address.isLinkLocalAddress() && !address.isAnyLocalAddress();
	}

	/** Whether only this machine reaches a host. */
	static boolean isLoopback(String host) {
		return host.equalsIgnoreCase("localhost") || host.startsWith("127.") || host.equals("::1")
				|| host.equals("0:0:0:0:0:0:0:1");
	}

	/**
	 * Returns the address that a server listens on.
	 * @param addressProperty the property that names it
	 * @return the address, {@code null} if the server listens on all
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

	/**
	 * The other addresses of the same IP version at which others may reach this machine.
	 */
	private static String others(InetAddress chosen) {
		return interfaces()
			.flatMap((nic) -> nic.inetAddresses()
				.filter((address) -> isReachable(address) && address.getClass() == chosen.getClass()
						&& !address.equals(chosen))
				.map((address) -> plain(address) + " (" + nic.getName() + ")"))
			.collect(Collectors.joining(", "));
	}

	private static Stream<NetworkInterface> interfaces() {
		try {
			return NetworkInterface.networkInterfaces().filter(AdvertisedHost::isUp);
		}
		catch (SocketException ex) {
			return Stream.empty();
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

	/** Accepts an IPv6 address in brackets, as in a URI. */
	private static String withoutBrackets(String host) {
		return (host.startsWith("[") && host.endsWith("]")) ? host.substring(1, host.length() - 1) : host;
	}

	/** Without the zone that Java appends to a link-local IPv6 address. */
	private static String plain(InetAddress address) {
		String text = address.getHostAddress();
		int zone = text.indexOf('%');
		return (zone < 0) ? text : text.substring(0, zone);
	}

}
