package io.github.etcddiscovery.testsupport;

import java.nio.file.Path;
import java.util.List;

/**
 * Programs in Go, built from modules: Go downloads what their {@code go.mod} names, once.
 */
public final class GoPrograms {

	/** What to install where they cannot be built. */
	public static final String MISSING = "No Go 1.26 or newer on the path";

	private static final int MINOR = 26;

	private GoPrograms() {
	}

	public static boolean canBeBuilt() {
		return Programs.find("go").isPresent() && isNewEnough(Programs.run(List.of("go", "env", "GOVERSION")));
	}

	/** Expects a version such as {@code go1.26.8}. */
	static boolean isNewEnough(String version) {
		String[] parts = version.strip().split("[.]");
		return parts[0].equals("go1") && Integer.parseInt(parts[1].replaceAll("[^0-9].*", "")) >= MINOR;
	}

	/** Builds the program in the folder {@code src/test/go/<name>} of this module. */
	public static Path build(String name) {
		return build(name, "go.mod");
	}

	/**
	 * Builds the program in the folder {@code src/test/go/<name>} of this module. Go
	 * keeps what it has compiled for the next time.
	 * @param modules the file in that folder that names the modules and their versions
	 */
	public static Path build(String name, String modules) {
		Path built = Path.of("target", "go-" + name + "-" + modules).toAbsolutePath();
		Programs.run(List.of("go", "-C", Path.of("src", "test", "go", name).toString(), "build", "-modfile", modules,
				"-o", built.toString(), "."));
		return built;
	}

}
