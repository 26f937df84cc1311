package io.github.etcddiscovery.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.github.etcddiscovery.testsupport.Programs;
import io.github.etcddiscovery.testsupport.ServerProcess;

/**
 * One of the applications in the folder {@code shapes}, in a process of its own and on
 * its own class path. It counts as started once it has registered.
 */
final class ShapeProcess extends ServerProcess {

	static final Pattern REGISTERED = Pattern.compile("Registered /services/\\S+:(\\d+)");

	private static final Pattern STARTED = Pattern.compile("started on port (\\d+)");

	private ShapeProcess(Pattern started, List<String> arguments) {
		super(Map.of(), started, command(arguments));
	}

	/** Starts one under the name of its shape. */
	static ShapeProcess start(String shape, String etcd, String... properties) {
		return startAs(shape, shape, etcd, properties);
	}

	/** Starts one under another name. */
	static ShapeProcess startAs(String name, String shape, String etcd, String... properties) {
		return new ShapeProcess(REGISTERED, arguments(name, shape, etcd, List.of(properties)));
	}

	/** Starts what Spring generated of one ahead of time, under the name of its shape. */
	static ShapeProcess startAheadOfTime(String shape, String etcd, String... properties) {
		List<String> arguments = new ArrayList<>(List.of("-Dspring.aot.enabled=true"));
		arguments.addAll(arguments(shape, shape, etcd, List.of(properties)));
		return new ShapeProcess(REGISTERED, arguments);
	}

	/** Starts one that does not register. */
	static ShapeProcess startUnregistered(String shape, String... properties) {
		return startUnregisteredAs(shape, shape, properties);
	}

	/** Starts one under another name that does not register in etcd. */
	static ShapeProcess startUnregisteredAs(String name, String shape, String... properties) {
		return new ShapeProcess(STARTED, arguments(name, shape, "none", List.of(properties)));
	}

	/** Starts an external Tomcat with the WAR as its root application. */
	static ShapeProcess startTomcat(Path base, String etcd, int port) {
		try {
			Path home = target("war").resolve("tomcat").resolve("apache-tomcat-11.0.15");
			Files.createDirectories(base.resolve("conf"));
			Files.createDirectories(base.resolve("temp"));
			Files.copy(home.resolve("conf/web.xml"), base.resolve("conf/web.xml"));
			Files.copy(target("war").resolve("shape-war-0.1.0-SNAPSHOT.war"),
					Files.createDirectories(base.resolve("webapps")).resolve("ROOT.war"));
			Files.writeString(base.resolve("conf/server.xml"),
					"""
							<Server port="-1">
								<Service name="Catalina">
									<Connector port="%d" address="127.0.0.1"/>
									<Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps"/></Engine>
								</Service>
							</Server>
							"""
						.formatted(port));
			return new ShapeProcess(REGISTERED,
					List.of("-Dcatalina.home=" + home, "-Dcatalina.base=" + base,
							"-Djava.io.tmpdir=" + base.resolve("temp"), "-Dspring.application.name=war",
							"-Dspring.cloud.etcd.endpoints=" + etcd, "-Dspring.cloud.etcd.discovery.host=127.0.0.1",
							"-Dspring.cloud.etcd.discovery.port=" + port, "-cp",
							home.resolve("bin/bootstrap.jar") + ":" + home.resolve("bin/tomcat-juli.jar"),
							"org.apache.catalina.startup.Bootstrap", "start"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static List<String> command(List<String> arguments) {
		List<String> command = new ArrayList<>(
				List.of(Programs.jdk("java"), "-Xmx192m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
		command.addAll(arguments);
		return command;
	}

	private static List<String> arguments(String name, String shape, String etcd, List<String> properties) {
		List<String> arguments = new ArrayList<>(program(shape));
		arguments.addAll(List.of("--spring.application.name=" + name, "--server.port=0", "--server.address=127.0.0.1",
				"--spring.cloud.etcd.endpoints=" + etcd));
		arguments.addAll(properties);
		return arguments;
	}

	/** Returns the jar of a shape. Not every shape packages it as an executable jar. */
	static Path jar(String shape) {
		return target(shape).resolve("shape-" + shape + "-0.1.0-SNAPSHOT.jar");
	}

	/** An executable jar where the shape is packaged as one, otherwise its class path. */
	private static List<String> program(String shape) {
		Path jar = jar(shape);
		if (Files.exists(jar.resolveSibling(jar.getFileName() + ".original"))) {
			return List.of("-jar", jar.toString());
		}
		return List.of("-cp", target(shape).resolve("classes") + ":" + dependencies(shape), "shapes.Application");
	}

	/** Returns the jars that a shape depends on. */
	static List<Path> classPath(String shape) {
		return Stream.of(dependencies(shape).split(":")).map(Path::of).toList();
	}

	private static String dependencies(String shape) {
		try {
			return Files.readString(target(shape).resolve("class-path"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Shape " + shape + " is not built: expected mvn verify from the root", ex);
		}
	}

	private static Path target(String shape) {
		return Path.of("shapes", shape, "target").toAbsolutePath();
	}

}
