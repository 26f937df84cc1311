/**
 * Spring Boot's support for Testcontainers.
 */
@NullMarked
package io.github.etcddiscovery.testcontainers;

import org.jspecify.annotations.NullMarked;
