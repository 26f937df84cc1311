package io.github.etcddiscovery.instance.format;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceFormat;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;

/**
 * All formats that instances may be in. Which one a value is in is told by its looks: the
 * first that recognizes it reads it.
 *
 * @param formats the formats, those that are asked first at the beginning
 */
@Internal
public record InstanceFormats(List<InstanceFormat> formats) {

	/** What is written where nothing else is said. */
	public static final String DEFAULT = "json";

	private static final List<InstanceFormat> OWN = List.of(new JsonInstanceCodec(), new UrlInstanceCodec(),
			new AddressInstanceCodec(), new GrpcInstanceCodec(), new KratosInstanceCodec(), new SkydnsInstanceCodec(),
			new KitexInstanceFormat(), new DubboInstanceFormat());

	/**
	 * Copies the list.
	 */
	public InstanceFormats {
		formats = List.copyOf(formats);
	}

	/**
	 * Returns the formats of this project and further ones, which are asked first, and
	 * replace one of the same name.
	 * @param further further formats
	 * @return all of them
	 */
	public static InstanceFormats with(List<? extends InstanceFormat> further) {
		List<InstanceFormat> all = new ArrayList<>(further);
		OWN.stream()
			.filter((own) -> further.stream().noneMatch((other) -> other.name().equals(own.name())))
			.forEach(all::add);
		return new InstanceFormats(all);
	}

	/**
	 * Names the types that Jackson reads and writes by reflection, for native images.
	 * @return the types, records of this package
	 */
	public static List<Class<?>> documentTypes() {
		return Stream
			.of(JsonInstanceCodec.BODIES, GrpcInstanceCodec.UPDATES, KratosInstanceCodec.BODIES,
					KitexInstanceFormat.BODIES, DubboInstanceFormat.BODIES, SkydnsInstanceCodec.SERVICES)
			.<Class<?>>map(JsonDocuments::type)
			.toList();
	}

	/**
	 * Returns a format that can be written.
	 * @param name its name
	 * @return the format
	 * @throws InvalidValueException if there is none of this name
	 */
	public InstanceCodec codec(String name) {
		List<InstanceCodec> codecs = this.formats.stream()
			.filter(InstanceCodec.class::isInstance)
			.map(InstanceCodec.class::cast)
			.toList();
		return codecs.stream()
			.filter((codec) -> codec.name().equals(name))
			.findFirst()
			.orElseThrow(() -> new InvalidValueException("format", name,
					"one of " + codecs.stream().map(InstanceFormat::name).toList()));
	}

	/**
	 * Reads a value found in etcd.
	 * @param key which instance the value was found at
	 * @param value the value found
	 * @return the record
	 * @throws InvalidValueException if no format recognizes the value, or the format that
	 * does finds it invalid or is only written
	 */
	public ServiceRecord decode(InstanceKey key, byte[] value) {
		for (InstanceFormat format : this.formats) {
			if (isDiscoverable(format) && recognizes(format, value)) {
				return format.decode(key, value);
			}
		}
		throw new InvalidValueException("record", new String(value, StandardCharsets.UTF_8), "one of the formats "
				+ this.formats.stream().filter(InstanceFormats::isDiscoverable).map(InstanceFormat::name).toList());
	}

	private static boolean isDiscoverable(InstanceFormat format) {
		return !(format instanceof InstanceCodec codec) || codec.isDiscoverable();
	}

	/** One that throws is a user's, and must not keep the others from being asked. */
	private static boolean recognizes(InstanceFormat format, byte[] value) {
		try {
			return format.recognizes(value);
		}
		catch (RuntimeException ex) {
			return false;
		}
	}

}
