package io.github.etcddiscovery;

import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import io.github.etcddiscovery.testsupport.Document;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The API is what ARCHITECTURE.md lists, and changes only on purpose: its signatures are
 * in {@code src/test/resources/api.txt}. Run with {@code -Dapi=write} to write them anew.
 */
class ApiTests {

	private static final String BASE = "io.github.etcddiscovery.";

	private static final Path SIGNATURES = Path.of("src/test/resources/api.txt");

	private static final Pattern ROW = Pattern.compile("\n\\| `([a-z.]+)` \\| ((?:`\\w+`(?:, )?)+) \\|");

	private final Set<Class<?>> listed = listed();

	@Test
	void everyPublicTypeIsListedOrMarkedAsInternal() {
		List<JavaClass> publicTypes = ArchitectureTests.CLASSES.stream()
			.filter((type) -> type.isTopLevelClass() && type.getModifiers().contains(JavaModifier.PUBLIC))
			.filter((type) -> !type.isAnnotatedWith(AutoConfiguration.class) && !type.isEquivalentTo(Internal.class))
			.toList();
		List<String> names = this.listed.stream().map(Class::getName).toList();
		assertThat(publicTypes).isNotEmpty()
			.allSatisfy((type) -> assertThat(names.contains(type.getName())).as("%s is listed, not internal", type)
				.isNotEqualTo(type.isAnnotatedWith(Internal.class)));
		assertThat(publicTypes).extracting(JavaClass::getName).containsAll(names);
	}

	@Test
	void apiMentionsNothingInternal() {
		assertThat(types()).isNotEmpty();
		assertThat(types().stream()
			.flatMap((type) -> mentioned(type).stream()
				.filter((other) -> other.getName().startsWith(BASE) && !this.listed.contains(outermost(other)))
				.map((other) -> type.getName() + " mentions " + other.getName())))
			.isEmpty();
	}

	@Test
	void signaturesAreThoseThatWereReviewed() throws IOException {
		String signatures = types().stream()
			.sorted((one, other) -> one.getName().compareTo(other.getName()))
			.flatMap(ApiTests::signatures)
			.collect(Collectors.joining("\n", "", "\n"));
		if ("write".equals(System.getProperty("api"))) {
			Files.writeString(SIGNATURES, signatures);
		}
		assertThat(signatures).isEqualTo(Files.readString(SIGNATURES));
	}

	private static Set<Class<?>> listed() {
		return ROW.matcher(Document.of("ARCHITECTURE.md").text())
			.results()
			.flatMap((row) -> Arrays.stream(row.group(2).split(", "))
				.map((name) -> type(BASE + row.group(1) + "." + name.replace("`", ""))))
			.collect(Collectors.toSet());
	}

	private static Class<?> type(String name) {
		try {
			return Class.forName(name);
		}
		catch (ClassNotFoundException ex) {
			throw new IllegalStateException("ARCHITECTURE.md lists " + name, ex);
		}
	}

	/** Those that are listed, and the types in them. */
	private List<Class<?>> types() {
		List<Class<?>> types = new ArrayList<>();
		this.listed.forEach((type) -> addWithNested(type, types));
		return types;
	}

	private static void addWithNested(Class<?> type, List<Class<?>> types) {
		types.add(type);
		for (Class<?> nested : type.getDeclaredClasses()) {
			if (isApi(nested, nested.getModifiers())) {
				addWithNested(nested, types);
			}
		}
	}

	private static boolean isApi(AnnotatedElement element, int modifiers) {
		return (Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers))
				&& !element.isAnnotationPresent(Internal.class);
	}

	private static <T extends AnnotatedElement & Member> Stream<T> api(T[] members) {
		return Arrays.stream(members).filter((member) -> !member.isSynthetic() && isApi(member, member.getModifiers()));
	}

	private static Stream<String> signatures(Class<?> type) {
		List<String> members = new ArrayList<>();
		api(type.getDeclaredConstructors()).map(Constructor::toGenericString).forEach(members::add);
		api(type.getDeclaredMethods()).map(Method::toGenericString).forEach(members::add);
		api(type.getDeclaredFields()).map(Field::toGenericString).forEach(members::add);
		return Stream.concat(Stream.of(header(type)), members.stream().sorted().map((member) -> "\t" + member));
	}

	private static String header(Class<?> type) {
		String parents = Stream
			.concat(Stream.ofNullable(type.getGenericSuperclass()), Arrays.stream(type.getGenericInterfaces()))
			.filter((parent) -> parent != Object.class)
			.map(Type::getTypeName)
			.collect(Collectors.joining(", "));
		return type.toGenericString() + (parents.isEmpty() ? "" : " extends " + parents);
	}

	private static Set<Class<?>> mentioned(Class<?> type) {
		Set<Class<?>> found = new TreeSet<>((one, other) -> one.getName().compareTo(other.getName()));
		add(type.getGenericSuperclass(), found::add);
		Arrays.stream(type.getGenericInterfaces()).forEach((parent) -> add(parent, found::add));
		Stream.<Executable>concat(api(type.getDeclaredConstructors()), api(type.getDeclaredMethods()))
			.forEach((member) -> {
				Arrays.stream(member.getGenericParameterTypes()).forEach((parameter) -> add(parameter, found::add));
				Arrays.stream(member.getGenericExceptionTypes()).forEach((thrown) -> add(thrown, found::add));
				add(member.getAnnotatedReturnType().getType(), found::add);
			});
		api(type.getDeclaredFields()).forEach((field) -> add(field.getGenericType(), found::add));
		return found;
	}

	private static void add(Type type, Consumer<Class<?>> found) {
		if (type instanceof Class<?> plain) {
			found.accept(plain.isArray() ? Objects.requireNonNull(plain.getComponentType()) : plain);
		}
		else if (type instanceof ParameterizedType parameterized) {
			add(parameterized.getRawType(), found);
			Arrays.stream(parameterized.getActualTypeArguments()).forEach((argument) -> add(argument, found));
		}
		else if (type instanceof WildcardType wildcard) {
			Stream.of(wildcard.getUpperBounds(), wildcard.getLowerBounds())
				.flatMap(Arrays::stream)
				.forEach((bound) -> add(bound, found));
		}
	}

	private static Class<?> outermost(Class<?> type) {
		return (type.getEnclosingClass() != null) ? outermost(type.getEnclosingClass()) : type;
	}

}
