package io.github.etcddiscovery.benchmarks.performance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

import io.github.etcddiscovery.testsupport.EtcdBinary;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringBootVersion;

/**
 * What a benchmark has found: rows of columns. Kept as JSON, and shown as a table in the
 * page.
 *
 * @param name of the benchmark
 * @param setting where it was measured
 * @param rows the rows, which all have the same columns
 */
record Result(String name, Map<String, String> setting, List<Map<String, Object>> rows) {

	private static final JsonMapper JSON = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

	static Result of(String name) {
		Map<String, String> setting = new LinkedHashMap<>();
		setting.put("processors", String.valueOf(Runtime.getRuntime().availableProcessors()));
		setting.put("java", Runtime.version().toString());
		setting.put("etcd", EtcdBinary.newest().version());
		setting.put("spring boot", SpringBootVersion.getVersion());
		return new Result(name, setting, new ArrayList<>());
	}

	static Result read(Path file) {
		return JSON.readValue(file, Result.class);
	}

	/** Adds a row: its columns' names and values by turns. */
	void add(Object... columns) {
		Map<String, Object> row = new LinkedHashMap<>();
		for (int i = 0; i < columns.length; i += 2) {
			row.put((String) columns[i], rounded(columns[i + 1]));
		}
		this.rows.add(row);
	}

	private static Object rounded(Object value) {
		if (value instanceof Double number) {
			return Double.isNaN(number) ? "" : Math.round(number * 100) / 100.0;
		}
		return value;
	}

	/** The rows in which a column has this value. */
	List<Map<String, Object>> where(String column, Object value) {
		return this.rows.stream().filter((row) -> row.get(column).equals(value)).toList();
	}

	void write(Path folder) throws IOException {
		Files.createDirectories(folder);
		JSON.writeValue(folder.resolve(this.name + ".json"), this);
	}

	/** As a table in Markdown, below a line that says where it was measured. */
	String table() {
		List<String> columns = List.copyOf(this.rows.get(0).keySet());
		String measured = this.setting.entrySet()
			.stream()
			.map((entry) -> entry.getKey() + " " + entry.getValue())
			.collect(Collectors.joining(", ", "Measured with ", ":\n\n"));
		return measured + line(columns) + line(columns.stream().map((column) -> "---").toList())
				+ this.rows.stream().map((row) -> line(row.values())).collect(Collectors.joining());
	}

	private static String line(Iterable<?> cells) {
		StringBuilder line = new StringBuilder("|");
		cells.forEach((cell) -> line.append(' ').append(text(cell)).append(" |"));
		return line.append('\n').toString();
	}

	private static String text(Object cell) {
		if (cell instanceof Integer || cell instanceof Long) {
			return String.format(Locale.ROOT, "%,d", cell);
		}
		if (cell instanceof Double number) {
			return String.format(Locale.ROOT, (Math.abs(number) < 100) ? "%.2f" : "%,.0f", number);
		}
		return String.valueOf(cell);
	}

}
