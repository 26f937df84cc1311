package io.github.etcddiscovery.testsupport;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.ParameterDeclarations;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Runs a test class once for each etcd that {@link #value()} selects, which its
 * constructor takes as an {@link EtcdBinary}. Without any it is skipped, but where the
 * environment variable {@code CI} is set, it fails.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedClass(name = "{0}")
@ArgumentsSource(OnEveryEtcd.Found.class)
@Tag("etcd")
@ExtendWith(RequiresEtcd.Condition.class)
public @interface OnEveryEtcd {

	/** Which of the etcds that were found. */
	EtcdVersions value() default EtcdVersions.OLDEST_AND_NEWEST_MAINTAINED;

	/**
	 * Supplies the binaries.
	 */
	class Found implements ArgumentsProvider {

		@Override
		public Stream<? extends Arguments> provideArguments(ParameterDeclarations parameters,
				ExtensionContext context) {
			return selected(context.getRequiredTestClass(), EtcdBinary.found()).stream().map(Arguments::of);
		}

		static List<EtcdBinary> selected(Class<?> test, List<EtcdBinary> found) {
			return AnnotationSupport.findAnnotation(test, OnEveryEtcd.class).orElseThrow().value().of(found);
		}

	}

}
