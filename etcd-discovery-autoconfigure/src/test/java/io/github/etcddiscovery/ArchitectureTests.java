package io.github.etcddiscovery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.github.etcddiscovery.client.EtcdException;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Holds the arrows that ARCHITECTURE.md draws.
 */
class ArchitectureTests {

	/** In lines. */
	private static final int LARGE = 100;

	private static final int MOST_CLASSES = 25;

	private static final String BASE = "io.github.etcddiscovery.";

	/** The classes of the starter, without tests and their helpers. */
	static final JavaClasses CLASSES = new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests())
		.withImportOption((location) -> !location.contains("testsupport"))
		.importPackages("io.github.etcddiscovery");

	@Test
	void roomsDependOnEachOtherInOneDirectionOnly() {
		check(layeredArchitecture().consideringOnlyDependenciesInLayers()
			.layer("autoconfigure")
			.definedBy(BASE + "autoconfigure..")
			.layer("testcontainers")
			.definedBy(BASE + "testcontainers..")
			.layer("docker.compose")
			.definedBy(BASE + "docker.compose..")
			.layer("docker")
			.definedBy(BASE + "docker")
			.layer("actuate")
			.definedBy(BASE + "actuate..")
			.layer("grpc")
			.definedBy(BASE + "grpc..")
			.layer("cloud.registration")
			.definedBy(BASE + "cloud.registration..")
			.layer("cloud.loadbalancer")
			.definedBy(BASE + "cloud.loadbalancer..")
			.layer("cloud.retry")
			.definedBy(BASE + "cloud.retry..")
			.layer("cloud.gateway")
			.definedBy(BASE + "cloud.gateway..")
			.layer("cloud.propagation")
			.definedBy(BASE + "cloud.propagation..")
			.layer("cloud.discovery")
			.definedBy(BASE + "cloud.discovery..")
			.layer("cloud")
			.definedBy(BASE + "cloud")
			.layer("registry")
			.definedBy(BASE + "registry..")
			.layer("snapshot")
			.definedBy(BASE + "snapshot..")
			.layer("cluster")
			.definedBy(BASE + "cluster..")
			.layer("view")
			.definedBy(BASE + "view..")
			.layer("client")
			.definedBy(BASE + "client..")
			.layer("instance")
			.definedBy(BASE + "instance..")
			.layer("support")
			.definedBy(BASE + "support..")
			.whereLayer("testcontainers")
			.mayNotBeAccessedByAnyLayer()
			.whereLayer("docker.compose")
			.mayNotBeAccessedByAnyLayer()
			.whereLayer("docker")
			.mayOnlyBeAccessedByLayers("testcontainers", "docker.compose")
			.whereLayer("autoconfigure")
			.mayOnlyBeAccessedByLayers("testcontainers", "docker.compose")
			.whereLayer("actuate")
			.mayOnlyBeAccessedByLayers("autoconfigure")
			.whereLayer("grpc")
			.mayOnlyBeAccessedByLayers("autoconfigure")
			.whereLayer("cloud.registration")
			.mayOnlyBeAccessedByLayers("autoconfigure", "actuate", "grpc")
			.whereLayer("cloud.loadbalancer")
			.mayOnlyBeAccessedByLayers("autoconfigure")
			.whereLayer("cloud.gateway")
			.mayOnlyBeAccessedByLayers("autoconfigure")
			.whereLayer("cloud.propagation")
			.mayOnlyBeAccessedByLayers("autoconfigure")
			.whereLayer("cloud.retry")
			.mayOnlyBeAccessedByLayers("autoconfigure")
			.whereLayer("cloud.discovery")
			.mayOnlyBeAccessedByLayers("autoconfigure", "cloud.loadbalancer")
			.whereLayer("cloud")
			.mayOnlyBeAccessedByLayers("autoconfigure", "actuate", "grpc", "cloud.registration", "cloud.discovery",
					"cloud.loadbalancer", "cloud.retry", "cloud.gateway")
			.whereLayer("registry")
			.mayOnlyBeAccessedByLayers("autoconfigure", "cloud.registration")
			.whereLayer("snapshot")
			.mayOnlyBeAccessedByLayers("autoconfigure", "actuate")
			.whereLayer("cluster")
			.mayOnlyBeAccessedByLayers("autoconfigure", "actuate")
			.whereLayer("view")
			.mayOnlyBeAccessedByLayers("autoconfigure", "actuate", "grpc", "cluster", "snapshot", "cloud",
					"cloud.registration", "cloud.discovery", "cloud.loadbalancer", "cloud.gateway")
			.whereLayer("client")
			.mayOnlyBeAccessedByLayers("autoconfigure", "actuate", "cloud", "cloud.registration", "cloud.discovery",
					"registry", "view")
			.whereLayer("support")
			.mayOnlyBeAccessedByLayers("autoconfigure", "actuate", "grpc", "cloud.registration", "cloud.discovery",
					"cloud.loadbalancer", "cloud.retry", "registry", "cluster", "snapshot", "view", "client"));
	}

	@Test
	void connectionAndDiscoveryAreConfiguredWithoutTheOthers() {
		check(noClasses().that()
			.resideInAPackage(BASE + "autoconfigure")
			.should()
			.dependOnClassesThat()
			.resideInAPackage(BASE + "autoconfigure.(*)"));
	}

	@Test
	void onlyTheClientKnowsJetcd() {
		check(noClasses().that()
			.resideOutsideOfPackage(BASE + "client..")
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage("io.etcd..", "io.netty..", "io.vertx.."));
	}

	@Test
	void grpcIsKnownToTheClientAndForCallersWhoSpeakIt() {
		check(noClasses().that()
			.resideOutsideOfPackages(BASE + "client..", BASE + "grpc..")
			.should()
			.dependOnClassesThat()
			.resideInAPackage("io.grpc.."));
	}

	@Test
	void whoeverWatchesFromOutsideCallsNothingInEtcd() {
		check(noClasses().that()
			.resideInAPackage(BASE + "actuate..")
			.should()
			.dependOnClassesThat(resideInAPackage(BASE + "client..").and(not(assignableTo(EtcdException.class)))
				.and(not(equivalentTo(EtcdException.Reason.class)))));
	}

	@Test
	void roomsBelowTheAdaptersDoNotKnowSpring() {
		check(noClasses().that()
			.resideInAnyPackage(BASE + "instance..", BASE + "client..", BASE + "registry..", BASE + "view..",
					BASE + "cluster..", BASE + "snapshot..", BASE + "support..")
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage("org.springframework..", "reactor.."));
	}

	@Test
	void nothingDependsOnTheTimeOfDayWhichAnybodyCanSet() {
		check(noClasses().that()
			.resideInAnyPackage(BASE + "client..", BASE + "registry..", BASE + "view..", BASE + "cluster..",
					BASE + "support..")
			.should()
			.callMethod(System.class, "currentTimeMillis")
			.orShould()
			.dependOnClassesThat()
			.belongToAnyOf(Instant.class, Clock.class, LocalDateTime.class, Date.class));
	}

	@Test
	void valuesNeedTheJdkAndJacksonOnly() {
		check(classes().that()
			.resideInAPackage(BASE + "instance..")
			.should()
			.onlyDependOnClassesThat()
			.resideInAnyPackage("java..", "tools.jackson..", "com.fasterxml.jackson.annotation..",
					"org.jspecify.annotations..", BASE + "instance..", "io.github.etcddiscovery"));
	}

	@Test
	void everyPackageIsNullMarked() {
		assertThat(CLASSES.stream().map((type) -> type.getPackage()).distinct()).isNotEmpty()
			.allSatisfy((room) -> assertThat(room.isAnnotatedWith(NullMarked.class)).as(room.getName()).isTrue());
	}

	@Test
	void packagesAreSmallEnoughToBeRead() throws IOException {
		assertThat(sources("etcd-discovery-autoconfigure/src/main").keySet()
			.stream()
			.filter((source) -> !simpleName(source).equals("package-info"))
			.collect(Collectors.groupingBy(Path::getParent, Collectors.counting()))).isNotEmpty()
			.allSatisfy(
					(folder, classes) -> assertThat(classes).as(folder.toString()).isLessThanOrEqualTo(MOST_CLASSES));
	}

	@Test
	void testsOfEveryLargeClassAreFoundByItsNameOrByALink() throws IOException {
		Map<Path, String> tests = sources("etcd-discovery-autoconfigure/src/test", "integration-tests/src/test");
		Map<Path, String> main = sources("etcd-discovery-autoconfigure/src/main");
		assertThat(main).isNotEmpty();
		assertThat(main.entrySet()
			.stream()
			.filter((source) -> source.getValue().lines().count() > LARGE)
			.map((source) -> simpleName(source.getKey()))
			.filter((name) -> tests.keySet().stream().noneMatch((test) -> simpleName(test).equals(name + "Tests")))
			.filter((name) -> tests.values()
				.stream()
				.noneMatch((test) -> Pattern.compile("Tests of [^/]*\\{@link " + name + "}")
					.matcher(test.replaceAll("\\s+\\* ", " "))
					.find())))
			.isEmpty();
	}

	private static String simpleName(Path source) {
		return source.getFileName().toString().replace(".java", "");
	}

	private static Map<Path, String> sources(String... folders) throws IOException {
		Map<Path, String> sources = new HashMap<>();
		for (String folder : folders) {
			try (Stream<Path> files = Files.walk(Path.of("..").resolve(folder))) {
				for (Path file : files.filter((path) -> path.toString().endsWith(".java")).toList()) {
					sources.put(file, Files.readString(file));
				}
			}
		}
		return sources;
	}

	private void check(ArchRule rule) {
		rule.check(CLASSES);
	}

}
