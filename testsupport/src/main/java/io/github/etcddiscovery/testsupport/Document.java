package io.github.etcddiscovery.testsupport;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.core.io.ByteArrayResource;

/**
 * A page of the documentation, or another file of the project.
 *
 * @param path where it is, from the project's root
 * @param text what it says
 */
public record Document(Path path, String text) {

	private static final Path ROOT = Path.of("..");

	public static Document of(String path) {
		try {
			return new Document(ROOT.resolve(path), Files.readString(ROOT.resolve(path)));
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** The code in a language, block by block. */
	public List<String> blocks(String language) {
		return find("(?s)```" + language + "\n(.*?)```");
	}

	/** The properties that a block of YAML sets. */
	public static Map<String, String> properties(String yaml) {
		YamlPropertiesFactoryBean factory = new YamlPropertiesFactoryBean();
		factory.setResources(new ByteArrayResource(yaml.stripIndent().getBytes(StandardCharsets.UTF_8)));
		Map<String, String> properties = new LinkedHashMap<>();
		// Numbers and truth values are no strings there.
		factory.getObject().forEach((name, value) -> properties.put(String.valueOf(name), String.valueOf(value)));
		return properties;
	}

	/** The files of this project that it refers to. */
	public List<Path> links() {
		return find("]\\((?!http)([^)#]+)[^)]*\\)").stream()
			.map((link) -> this.path.toAbsolutePath().resolveSibling(link))
			.toList();
	}

	/** All that the first group of an expression matches. */
	public List<String> find(String expression) {
		return Pattern.compile(expression)
			.matcher(this.text)
			.results()
			.map((MatchResult match) -> match.group(1))
			.toList();
	}

	/** The source of a class among the tests of the documentation. */
	public static String source(String className) {
		return of("etcd-discovery-autoconfigure/src/test/java/io/github/etcddiscovery/documentation/" + className
				+ ".java")
			.text();
	}

}
