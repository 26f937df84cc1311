package io.github.etcddiscovery.testsupport;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Skips a test class where no etcd is found, but fails it where the environment variable
 * {@code CI} is set: there a missing etcd is a mistake.
 */
@Target({ ElementType.TYPE, ElementType.METHOD })
@Retention(RetentionPolicy.RUNTIME)
@Tag("etcd")
@ExtendWith(RequiresEtcd.Condition.class)
public @interface RequiresEtcd {

	/**
	 * Decides.
	 */
	class Condition extends InstalledCondition {

		@Override
		protected String name() {
			return "etcd";
		}

		@Override
		protected boolean isInstalled() {
			return !EtcdBinary.found().isEmpty();
		}

		@Override
		protected String missing() {
			return "No etcd on the path or in ETCD_BINARIES";
		}

	}

}
