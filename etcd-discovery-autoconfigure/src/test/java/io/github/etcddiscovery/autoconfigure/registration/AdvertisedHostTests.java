package io.github.etcddiscovery.autoconfigure.registration;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryProperties;
import io.github.etcddiscovery.testsupport.Programs;
import io.github.etcddiscovery.testsupport.RequiresNamespaces;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.cloud.commons.util.InetUtils;
import org.springframework.cloud.commons.util.InetUtilsProperties;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which host is advertised on a machine with two network interfaces: a network namespace
 * of its own, with a process of its own in it.
 */
@RequiresNamespaces
class AdvertisedHostTests {

	private static final String NO_INTERFACE = "ip link set lo up";

	private static final String IPV6_ONLY = NO_INTERFACE + " && ip link add nic0 type veth peer name nic1"
			+ " && ip addr add fd00:1::5/64 dev nic0 nodad && ip addr add 2001:db8::5/64 dev nic1 nodad"
			+ " && ip link set nic0 up && ip link set nic1 up";

	private static final String TWO_INTERFACES = NO_INTERFACE + " && ip link add nic0 type veth peer name nic1"
			+ " && ip addr add 10.1.0.5/24 dev nic0 && ip link set nic0 up"
			+ " && ip addr add 10.2.0.5/24 dev nic1 && ip link set nic1 up";

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "spring.cloud.inetutils.preferred-networks=10.2 | 10.2.0.5 | 10.1.0.5 (nic",
			"spring.cloud.inetutils.ignored-interfaces=nic0 | 10.2.0.5 | there are also 10.1.0.5 (nic0)",
			"spring.cloud.inetutils.ignored-interfaces=nic1 | 10.1.0.5 | there are also 10.2.0.5 (nic1)",
			"spring.cloud.etcd.discovery.host=orders.example | orders.example | spring.cloud.etcd.discovery.host",
			"server.address=10.1.0.5 | 10.1.0.5 | server.address only",
			"spring.cloud.etcd.discovery.prefer-ip-address=false | '' | : the name of this machine, since",
			"spring.cloud.inetutils.use-only-site-local-interfaces=true | 10. | there are also 10." })
	void addressIsChosenAsSpringCloudIsToldToAndTheOthersAreNamed(String property, String host, String reason)
			throws Exception {
		assertThat(chosen(TWO_INTERFACES, property)).startsWith(host).contains(": ").contains(reason);
	}

	@Test
	void addressOfLastResortIsThatOfSpringCloud() throws Exception {
		assertThat(chosen(TWO_INTERFACES, "spring.cloud.inetutils.ignored-interfaces=nic.*",
				"spring.cloud.inetutils.default-ip-address=10.9.9.9"))
			.startsWith("10.9.9.9: spring.cloud.inetutils.default-ip-address");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "spring.cloud.etcd.discovery.prefer-ip-version=any | 2001:db8:0:0:0:0:0:5",
					"spring.cloud.etcd.discovery.prefer-ip-version=6 | 2001:db8:0:0:0:0:0:5",
					"spring.cloud.inetutils.preferred-networks=fd00 | fd00:1:0:0:0:0:0:5",
					"spring.cloud.inetutils.ignored-interfaces=nic1 | fd00:1:0:0:0:0:0:5",
					"spring.cloud.inetutils.use-only-site-local-interfaces=true | fd00:1:0:0:0:0:0:5",
					"spring.cloud.etcd.discovery.prefer-ip-version=4 | 127.0.0.1: no interface",
					"spring.cloud.etcd.discovery.host=[2001:db8::7] | 2001:db8::7: spring.cloud.etcd.discovery.host" })
	void machineWithIpv6OnlyAdvertisesAnAddressThatOthersReach(String property, String chosen) throws Exception {
		assertThat(chosen(IPV6_ONLY, property)).startsWith(chosen);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "any | 10.2.0.5", "4 | 10.2.0.5", "6 | 2001:db8:0:0:0:0:0:5" })
	void ipVersionIsChosenWhereThereAreBoth(String version, String chosen) throws Exception {
		assertThat(chosen(TWO_INTERFACES + " && ip addr add 2001:db8::5/64 dev nic0 nodad",
				"spring.cloud.etcd.discovery.prefer-ip-version=" + version))
			.startsWith(chosen);
	}

	@Test
	void machineWithoutANetworkAdvertisesItselfToItselfAndSaysSo() throws Exception {
		assertThat(chosen(NO_INTERFACE)).isEqualTo("127.0.0.1: no interface has a suitable address");
	}

	private static String chosen(String network, String... properties) throws Exception {
		List<String> command = new ArrayList<>(List.of("unshare", "-n", "sh", "-c", network + " && exec \"$@\"", "sh",
				Programs.jdk("java"), "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
		Stream.of(properties).map((property) -> "-D" + property).forEach(command::add);
		command.add(Chooser.class.getName());
		return run(command);
	}

	/** Returns what a command writes last, {@code null} if it fails. */
	private static String run(List<String> command) throws IOException, InterruptedException {
		Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
		return (process.exitValue() == 0) ? output.lines().reduce("", (first, second) -> second) : null;
	}

	/**
	 * Chooses, in that process.
	 */
	static class Chooser {

		public static void main(String[] args) {
			StandardEnvironment environment = new StandardEnvironment();
			Binder binder = Binder.get(environment);
			try (InetUtils inetUtils = new InetUtils(
					binder.bindOrCreate("spring.cloud.inetutils", InetUtilsProperties.class))) {
				AdvertisedHost host = AdvertisedHost.choose(RegistrationSettings.of(
						binder.bindOrCreate(EtcdDiscoveryProperties.PREFIX, EtcdDiscoveryProperties.class),
						environment), environment, inetUtils);
				System.out.println(host.host() + ": " + host.reason());
			}
		}

	}

}
