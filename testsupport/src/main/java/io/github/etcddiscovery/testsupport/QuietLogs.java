package io.github.etcddiscovery.testsupport;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/**
 * Keeps this project's loggers silent, for tests that cause more trouble than anybody
 * could read.
 */
public final class QuietLogs implements BeforeAllCallback, AfterAllCallback {

	private static final String LOGGERS = "io.github.etcddiscovery";

	private final LoggingSystem logging = LoggingSystem.get(QuietLogs.class.getClassLoader());

	@Override
	public void beforeAll(ExtensionContext context) {
		this.logging.setLogLevel(LOGGERS, LogLevel.OFF);
	}

	@Override
	public void afterAll(ExtensionContext context) {
		this.logging.setLogLevel(LOGGERS, null);
	}

}
