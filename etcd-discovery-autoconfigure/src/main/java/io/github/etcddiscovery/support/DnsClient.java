package io.github.etcddiscovery.support;

import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import java.util.regex.Pattern;

import javax.naming.Context;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.InitialDirContext;

import io.github.etcddiscovery.Internal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks DNS servers directly, past the cache of the JVM: with the JDK's own provider,
 * which knows the servers of the operating system. Names are taken as they are; search
 * domains do not count.
 */
@Internal
public final class DnsClient {

	private static final Logger logger = LoggerFactory.getLogger(DnsClient.class);

	/** The provider doubles it with each retry; its defaults wait for 15 s. */
	private static final int FIRST_TIMEOUT_MILLIS = 500;

	private static final int ATTEMPTS = 2;

	/** Anything else could be a URL, which JNDI would follow. */
	private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9._-]+");

	private final String servers;

	/**
	 * Creates a client.
	 * @param servers the URL of the servers, {@code dns:} for those of the operating
	 * system
	 */
	public DnsClient(String servers) {
		this.servers = servers;
	}

	/**
	 * Looks up records. Blocks, some seconds at most.
	 * @param name the name
	 * @param type the type of record, such as {@code SRV}
	 * @return the records as text, in no particular order; empty if there is none, no
	 * server answers, or it is not a name
	 */
	@SuppressWarnings("BanJNDI") // The provider for DNS reads texts, and no objects.
	public List<String> lookUp(String name, String type) {
		if (!HOST_NAME.matcher(name).matches()) {
			return List.of();
		}
		Hashtable<String, String> environment = new Hashtable<>();
		environment.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
		environment.put(Context.PROVIDER_URL, this.servers);
		environment.put("com.sun.jndi.dns.timeout.initial", String.valueOf(FIRST_TIMEOUT_MILLIS));
		environment.put("com.sun.jndi.dns.timeout.retries", String.valueOf(ATTEMPTS));
		List<String> records = new ArrayList<>();
		try {
			InitialDirContext context = new InitialDirContext(environment);
			try {
				Attribute found = context.getAttributes(name, new String[] { type }).get(type);
				NamingEnumeration<?> values = (found != null) ? found.getAll() : null;
				while (values != null && values.hasMore()) {
					records.add(String.valueOf(values.next()));
				}
			}
			finally {
				context.close();
			}
		}
		catch (NamingException ex) {
			logger.debug("No {} records of {}: {}", type, name, ex.toString());
			return List.of();
		}
		return records;
	}

}
