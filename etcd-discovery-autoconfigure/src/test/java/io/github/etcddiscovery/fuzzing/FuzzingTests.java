package io.github.etcddiscovery.fuzzing;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

import com.code_intelligence.jazzer.Jazzer;
import io.github.etcddiscovery.instance.KeyRange;
import io.github.etcddiscovery.testsupport.Programs;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever stands in etcd: no exception but the documented one, no hang, bounded memory.
 * Values are made by Jazzer, which looks for those that lead into code that no other has
 * reached; how many is {@code fuzz.runs}, where it begins {@code seed}.
 */
@Tag("slow")
class FuzzingTests {

	private static final int RUNS = Integer.getInteger("fuzz.runs", 20_000);

	private static final int SEED = Integer.getInteger("seed", 1);

	private static final Duration START = Duration.ofMinutes(1);

	/** Of the slowest target there were twelve thousand a second. */
	private static final Duration LONGEST = START.plusMillis(RUNS);

	@ParameterizedTest
	@ValueSource(classes = { HostTarget.class, KeyTarget.class, RecordTarget.class })
	void noValueDoesAnythingButBeRefusedOrUnderstood(Class<?> target, @TempDir Path folder) throws Exception {
		Path corpus = Files.createDirectory(folder.resolve("corpus"));
		Corpus.write(target, corpus);
		Path dictionary = Files.write(folder.resolve("dictionary"), Corpus.read("dictionary.txt"));
		Path log = folder.resolve("log");
		Process fuzzer = new ProcessBuilder(Programs.jdk("java"), "-Xmx256m", "-cp",
				System.getProperty("java.class.path"), Jazzer.class.getName(), "--target_class=" + target.getName(),
				"--instrumentation_includes=io.github.etcddiscovery.**",
				// Jazzer 0.25.1 makes a class of it that the JVM does not take
				// (NoSuchFieldError).
				"--instrumentation_excludes=" + KeyRange.class.getName(), "-runs=" + RUNS, "-seed=" + SEED,
				// The first input loads all classes; an entry may be of 64 KiB, and
				// larger.
				"-timeout=60", "-max_len=70000", "-dict=" + dictionary, corpus.toString())
			.directory(folder.toFile())
			.redirectErrorStream(true)
			.redirectOutput(log.toFile())
			.start();
		try {
			assertThat(fuzzer.waitFor(LONGEST.toMillis(), TimeUnit.MILLISECONDS)).as("ended in time").isTrue();
		}
		finally {
			fuzzer.destroyForcibly();
		}
		List<String> lines = Files.readString(log, StandardCharsets.ISO_8859_1).lines().toList();
		assertThat(lines).as("without a finding").noneMatch((line) -> line.contains("== Java"));
		assertThat(lines).anyMatch((line) -> line.startsWith("Done " + RUNS + " runs"));
		assertThat(fuzzer.exitValue()).isZero();
	}

}
