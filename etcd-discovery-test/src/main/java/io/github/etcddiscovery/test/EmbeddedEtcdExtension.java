package io.github.etcddiscovery.test;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.TestInstantiationAwareExtension.ExtensionContextScope;
import org.junit.jupiter.api.extension.support.TypeBasedParameterResolver;

/**
 * Gives JUnit tests an {@link EmbeddedEtcd} wherever they have a parameter of that type;
 * for tests without Spring. A test method, with what is called before and after it, has a
 * server of its own; but if a {@code @BeforeAll} method takes one, all tests of the class
 * share that. JUnit closes it.
 *
 * <pre class="code">
 * &#64;ExtendWith(EmbeddedEtcdExtension.class)
 * class StockTests {
 *
 *     &#64;Test
 *     void test(EmbeddedEtcd etcd) {
 * </pre>
 */
public final class EmbeddedEtcdExtension extends TypeBasedParameterResolver<EmbeddedEtcd> {

	private static final Namespace NAMESPACE = Namespace.create(EmbeddedEtcdExtension.class);

	@Override
	public EmbeddedEtcd resolveParameter(ParameterContext parameterContext, ExtensionContext extensionContext) {
		return extensionContext.getStore(NAMESPACE)
			.computeIfAbsent(EmbeddedEtcd.class, (type) -> EmbeddedEtcd.start(), EmbeddedEtcd.class);
	}

	@Override
	public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext rootContext) {
		return ExtensionContextScope.TEST_METHOD;
	}

}
