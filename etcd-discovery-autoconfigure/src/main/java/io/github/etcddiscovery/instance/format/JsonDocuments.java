package io.github.etcddiscovery.instance.format;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

import io.github.etcddiscovery.instance.InvalidValueException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON as all formats read and write it: into fixed types, strictly, and not too deep.
 *
 * @param <T> what a document is read into
 */
final class JsonDocuments<T> {

	/** Of fields that are ignored; those that are read are two deep. */
	private static final int DEEPEST = 16;

	private static final JsonMapper MAPPER = JsonMapper
		.builder(JsonFactory.builder()
			.streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
			.build())
		.disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
		.disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
		// Java reads digits of all scripts as a number, and an empty text as 0.
		.disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
		.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
		// Preparing all formats would slow every start, and few of them are used.
		.disable(DeserializationFeature.EAGER_DESERIALIZER_FETCH)
		.disable(SerializationFeature.EAGER_SERIALIZER_FETCH)
		.build();

	private final Class<T> type;

	private final ObjectReader reader;

	private final ObjectWriter writer;

	JsonDocuments(Class<T> type) {
		this.type = type;
		this.reader = MAPPER.readerFor(type);
		this.writer = MAPPER.writerFor(type);
	}

	/** What Jackson looks into by reflection. */
	Class<T> type() {
		return this.type;
	}

	T read(byte[] value) {
		JacksonException cause = null;
		try {
			T document = this.reader.readValue(value);
			if (document != null) {
				return document;
			}
		}
		catch (JacksonException ex) {
			cause = ex;
		}
		throw new InvalidValueException("record", new String(value, StandardCharsets.UTF_8), "a JSON object", cause);
	}

	byte[] write(T document) {
		return this.writer.writeValueAsBytes(document);
	}

	/**
	 * Returns the names of an object's own fields; none if the value is no object, or of
	 * one that is not well-formed those up to there.
	 */
	static Set<String> fields(byte[] value) {
		return fieldsUpTo(Set.of(), value);
	}

	/**
	 * The same, but reads no further than to one of these, which settles what is asked.
	 */
	static Set<String> fieldsUpTo(Set<String> decisive, byte[] value) {
		Set<String> fields = new HashSet<>();
		if (!beginsObject(value)) {
			return fields;
		}
		try (JsonParser parser = MAPPER.createParser(value)) {
			parser.nextToken();
			while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
				fields.add(parser.currentName());
				if (decisive.contains(parser.currentName())) {
					return fields;
				}
				parser.nextToken();
				parser.skipChildren();
			}
		}
		catch (JacksonException ex) {
			// What comes after it is not known, and reading it will say what is wrong.
		}
		return fields;
	}

	/** Refuses UTF-16 and UTF-32, which Jackson reads: there a zero byte follows. */
	private static boolean beginsObject(byte[] value) {
		for (int i = 0; i < value.length; i++) {
			if (value[i] != ' ' && value[i] != '\t' && value[i] != '\r' && value[i] != '\n') {
				return value[i] == '{' && i + 1 < value.length && value[i + 1] != 0;
			}
		}
		return false;
	}

}
