package io.github.etcddiscovery.benchmarks.performance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A page that shows results: a table for each, between two marks by its name.
 *
 * @param file the page
 */
record Page(Path file) {

	/** Puts the table of a result into its place, if it has one here. */
	void show(Result result) throws IOException {
		String text = Files.readString(this.file);
		String begin = begin(result.name());
		int place = text.indexOf(begin);
		if (place < 0) {
			return;
		}
		int from = place + begin.length();
		int to = text.indexOf(end(result.name()));
		Files.writeString(this.file, text.substring(0, from) + result.table() + "\n" + text.substring(to));
	}

	/** Whether the table of a result is the one shown. */
	boolean shows(Result result) throws IOException {
		return Files.readString(this.file).contains(begin(result.name()) + result.table() + "\n" + end(result.name()));
	}

	private static String begin(String name) {
		return "<!-- " + name + " -->\n";
	}

	private static String end(String name) {
		return "<!-- end of " + name + " -->";
	}

}
