package io.github.etcddiscovery.integration;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import io.github.etcddiscovery.testsupport.InstalledCondition;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Skips a test class where no engine of Docker's answers, or Compose 2 is missing. Images
 * are made of the etcd that is installed.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@RequiresEtcd
@ExtendWith(RequiresDocker.Condition.class)
@interface RequiresDocker {

	/**
	 * Decides.
	 */
	class Condition extends InstalledCondition {

		@Override
		protected String name() {
			return "docker";
		}

		@Override
		protected boolean isInstalled() {
			return Docker.missing() == null;
		}

		@Override
		protected String missing() {
			return "Docker cannot be used: " + Docker.missing();
		}

	}

}
