package io.github.etcddiscovery.testsupport;

import java.io.IOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Skips a test class where this user cannot create network namespaces with interfaces in
 * them: that needs root, and Debian's {@code iproute2}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresNamespaces.Condition.class)
public @interface RequiresNamespaces {

	/**
	 * Decides.
	 */
	class Condition extends InstalledCondition {

		@Override
		protected String name() {
			return "namespaces";
		}

		@Override
		protected boolean isInstalled() {
			try {
				Process process = new ProcessBuilder("unshare", "-n", "ip", "link", "add", "nic0", "type", "veth",
						"peer", "name", "nic1")
					.redirectErrorStream(true)
					.redirectOutput(ProcessBuilder.Redirect.DISCARD)
					.start();
				Programs.awaitEnd(process);
				return process.exitValue() == 0;
			}
			catch (IOException ex) {
				return false;
			}
		}

		@Override
		protected String missing() {
			return "No network namespaces: expected root, and unshare and ip on the path";
		}

	}

}
