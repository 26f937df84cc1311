package io.github.etcddiscovery.autoconfigure;

import java.net.InetAddress;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.cloud.commons.util.InetUtils;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Which host to advertise, and why.
 *
 * @param host the host name or address, an IPv6 address without brackets
 * @param reason where it comes from, in words
 */
record AdvertisedHost(String host, String reason) {

	private static final Logger logger = LoggerFactory.getLogger(AdvertisedHost.class);

	static AdvertisedHost choose(EtcdDiscoveryProperties properties, Environment environment, InetUtils inetUtils) {
		AdvertisedHost chosen = find(properties, environment, inetUtils);
		logger.info("Advertising host {}: {}", chosen.host(), chosen.reason());
		return chosen;
	}

	private static AdvertisedHost find(EtcdDiscoveryProperties properties, Environment environment,
			InetUtils inetUtils) {
		if (StringUtils.hasText(properties.getHost())) {
			return new AdvertisedHost(properties.getHost(), "spring.cloud.etcd.discovery.host says so");
		}
		InetAddress bound = Binder.get(environment).bind("server.address", InetAddress.class).orElse(null);
		if (bound != null && !bound.isAnyLocalAddress()) {
			return new AdvertisedHost(plain(bound), "the web server listens on server.address only");
		}
		if (!properties.isPreferIpAddress()) {
			return new AdvertisedHost(inetUtils.findFirstNonLoopbackHostInfo().getHostname(),
					"the name of this machine, since prefer-ip-address is false");
		}
		InetAddress found = inetUtils.findFirstNonLoopbackAddress();
		return (found != null) ? new AdvertisedHost(plain(found), "the first address found that is not a loopback one")
				: new AdvertisedHost(inetUtils.findFirstNonLoopbackHostInfo().getIpAddress(),
						"spring.cloud.inetutils.default-ip-address, since no other address was found");
	}

	/** Without the zone that Java appends to a link-local IPv6 address. */
	private static String plain(InetAddress address) {
		String text = address.getHostAddress();
		int zone = text.indexOf('%');
		return (zone < 0) ? text : text.substring(0, zone);
	}

}
