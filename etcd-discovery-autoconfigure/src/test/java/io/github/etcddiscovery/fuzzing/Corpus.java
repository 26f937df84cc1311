package io.github.etcddiscovery.fuzzing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Values kept for a target of the fuzzer, by what is to become of them: one a line, with
 * the escapes of a Java string.
 */
final class Corpus {

	private Corpus() {
	}

	static List<byte[]> accepted(Class<?> target) {
		return lines("accepted", target);
	}

	static List<byte[]> refused(Class<?> target) {
		return lines("refused", target);
	}

	private static List<byte[]> lines(String folder, Class<?> target) {
		String text = new String(read(folder + "/" + target.getSimpleName() + ".txt"), StandardCharsets.UTF_8);
		return text.lines().map((line) -> line.translateEscapes().getBytes(StandardCharsets.UTF_8)).toList();
	}

	/** Writes all values into files for the fuzzer to begin with. */
	static void write(Class<?> target, Path folder) throws IOException {
		List<byte[]> values = new ArrayList<>(accepted(target));
		values.addAll(refused(target));
		for (int i = 0; i < values.size(); i++) {
			Files.write(folder.resolve("value-" + i), values.get(i));
		}
	}

	static byte[] read(String name) {
		try (InputStream resource = Corpus.class.getResourceAsStream("/fuzzing/" + name)) {
			if (resource == null) {
				throw new IllegalArgumentException("No such resource: " + name);
			}
			return resource.readAllBytes();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
