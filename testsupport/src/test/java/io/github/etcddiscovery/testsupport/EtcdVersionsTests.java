package io.github.etcddiscovery.testsupport;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link EtcdVersions}.
 */
class EtcdVersionsTests {

	@Test
	void allVersionsAreTestedForTheContract() {
		assertThat(tested(EtcdVersions.ALL, "3.4.23", "3.5.35", "3.6.16", "3.7.3")).containsExactly("3.4.23", "3.5.35",
				"3.6.16", "3.7.3");
	}

	@Test
	void versionOutOfSupportIsNotMaintained() {
		assertThat(tested(EtcdVersions.MAINTAINED, "3.4.23", "3.5.35", "3.6.16", "3.7.3")).containsExactly("3.5.35",
				"3.6.16", "3.7.3");
	}

	@Test
	void endsLeaveOutWhatIsInBetween() {
		assertThat(tested(EtcdVersions.OLDEST_AND_NEWEST_MAINTAINED, "3.4.23", "3.5.35", "3.6.16", "3.7.3"))
			.containsExactly("3.5.35", "3.7.3");
		assertThat(tested(EtcdVersions.OLDEST_AND_NEWEST_MAINTAINED, "3.5.35", "3.7.3")).containsExactly("3.5.35",
				"3.7.3");
	}

	@Test
	void onlyEtcdOfAMachineIsUsedWhateverItsVersion() {
		for (EtcdVersions versions : EtcdVersions.values()) {
			assertThat(tested(versions, "3.4.23")).containsExactly("3.4.23");
			assertThat(tested(versions, "3.6.16")).containsExactly("3.6.16");
			assertThat(tested(versions)).isEmpty();
		}
	}

	@ParameterizedTest
	@CsvSource({ "3.6.16, 3.6", "3.10.0, 3.10", "3.8.0-alpha.0, 3.8", "unknown, unknown" })
	void minorVersionIsWhatComesBeforeThePatch(String version, String minor) {
		assertThat(new EtcdBinary(Path.of("etcd"), version).minor()).isEqualTo(minor);
	}

	@Test
	void annotationOfATestSelects() {
		List<EtcdBinary> found = binaries("3.4.23", "3.5.35", "3.6.16", "3.7.3");
		assertThat(OnEveryEtcd.Found.selected(OnAll.class, found)).hasSize(4);
		assertThat(OnEveryEtcd.Found.selected(OnMaintained.class, found)).hasSize(3);
		assertThat(OnEveryEtcd.Found.selected(OnTheDefault.class, found)).hasSize(2);
	}

	private static List<String> tested(EtcdVersions versions, String... found) {
		return versions.of(binaries(found)).stream().map(EtcdBinary::version).toList();
	}

	private static List<EtcdBinary> binaries(String... versions) {
		return Stream.of(versions).map((version) -> new EtcdBinary(Path.of("etcd"), version)).toList();
	}

	@OnEveryEtcd(EtcdVersions.ALL)
	private static final class OnAll {

	}

	@OnEveryEtcd(EtcdVersions.MAINTAINED)
	private static final class OnMaintained {

	}

	@OnEveryEtcd
	private static final class OnTheDefault {

	}

}
