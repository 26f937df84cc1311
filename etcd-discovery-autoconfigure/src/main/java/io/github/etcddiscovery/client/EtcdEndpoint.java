package io.github.etcddiscovery.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * Where members of the cluster listen for clients. Each address of a host name counts as
 * a member.
 *
 * @param host host name, IPv4 address or bracketed IPv6 address; or the name whose SRV
 * records name hosts and ports
 * @param port the port; 0 if SRV records name it
 * @param secure whether it is spoken to over TLS
 */
public record EtcdEndpoint(String host, int port, boolean secure) {

	/** The client port IANA has assigned to etcd. */
	private static final int DEFAULT_PORT = 2379;

	private static final String SRV = "dns+srv";

	/**
	 * Reads an endpoint.
	 * @param text {@code http://host:port}, {@code https://host:port} or
	 * {@code host:port}; without a port 2379 is taken. Or {@code dns+srv://name}, for the
	 * SRV records of the name, as etcdctl's {@code --discovery-srv} reads them
	 * @param secureByDefault whether a text without a scheme means TLS
	 * @return the endpoint
	 * @throws IllegalArgumentException if the text is none of these; the message says
	 * why, and does not repeat the text
	 */
	public static EtcdEndpoint parse(String text, boolean secureByDefault) {
		String trimmed = text.strip();
		if (trimmed.isEmpty()) {
			throw new IllegalArgumentException("there is nothing between two commas, or after the last one");
		}
		boolean hasScheme = trimmed.contains("://");
		try {
			URI uri = new URI(hasScheme ? trimmed : (secureByDefault ? "https://" : "http://") + trimmed);
			String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
			boolean srv = scheme.equals(SRV);
			if (!srv && !scheme.equals("http") && !scheme.equals("https")) {
				throw new IllegalArgumentException("scheme '" + scheme + "' is none of http, https and dns+srv");
			}
			if (String.valueOf(uri.getRawAuthority()).contains("@")) {
				throw new IllegalArgumentException(
						"user name and password go into spring.cloud.etcd.username and spring.cloud.etcd.password");
			}
			String path = uri.getRawPath();
			if ((path != null && !path.isEmpty() && !path.equals("/")) || uri.getRawQuery() != null
					|| uri.getRawFragment() != null) {
				throw new IllegalArgumentException("nothing may follow the port");
			}
			return srv ? new EtcdEndpoint(srvName(uri), 0, secureByDefault)
					: new EtcdEndpoint(host(uri), port(uri), scheme.equals("https"));
		}
		catch (URISyntaxException ex) {
			// Not as the cause: its message repeats the text.
			throw new IllegalArgumentException(ex.getReason());
		}
	}

	/** {@link URI#getHost()} knows no host with an underscore, which Docker makes. */
	private static String host(URI uri) {
		String authority = (uri.getHost() != null) ? uri.getHost()
				: String.valueOf(uri.getRawAuthority()).replaceFirst(":[0-9]*$", "");
		if (!authority.matches("[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+]")) {
			throw new IllegalArgumentException("'" + authority + "' is not a host");
		}
		return authority;
	}

	private static String srvName(URI uri) {
		String name = String.valueOf(uri.getRawAuthority());
		if (!name.matches("[A-Za-z0-9._-]+")) {
			throw new IllegalArgumentException(
					"'" + name + "' is not a host name: dns+srv:// takes no port, since SRV records give it");
		}
		return name;
	}

	private static int port(URI uri) {
		String authority = String.valueOf(uri.getRawAuthority());
		int colon = authority.indexOf(':', authority.lastIndexOf(']') + 1);
		if (colon < 0) {
			return DEFAULT_PORT;
		}
		String digits = authority.substring(colon + 1);
		if (!digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) < 1 || Integer.parseInt(digits) > 65535) {
			throw new IllegalArgumentException("'" + digits + "' is not a port between 1 and 65535");
		}
		return Integer.parseInt(digits);
	}

	/**
	 * Whether SRV records name the hosts and ports.
	 * @return whether this is {@code dns+srv://name}
	 */
	public boolean isSrv() {
		return this.port == 0;
	}

	/**
	 * Returns the name that the members' certificates are checked against, with the port.
	 * @return for example {@code 10.0.0.5:2379}; the name alone if SRV records name the
	 * ports
	 */
	public String address() {
		return isSrv() ? this.host : this.host + ":" + this.port;
	}

	/**
	 * Whether it is on this machine, so that nothing sent to it crosses a network.
	 * @return whether the host is a loopback address or {@code localhost}
	 */
	public boolean isLoopback() {
		return !isSrv() && isLoopbackHost();
	}

	/**
	 * Whether user name and password would cross a network unencrypted.
	 * @return whether it is neither over TLS nor on this machine
	 */
	public boolean exposesCredentials() {
		return !this.secure && !isLoopback();
	}

	private boolean isLoopbackHost() {
		return this.host.equalsIgnoreCase("localhost") || this.host.equals("[::1]")
				|| this.host.matches("127(\\.[0-9]{1,3}){3}");
	}

	@Override
	public String toString() {
		return (isSrv() ? SRV + "://" : this.secure ? "https://" : "http://") + address();
	}

}
