/**
 * Spring Boot's support for Docker Compose.
 */
@NullMarked
package io.github.etcddiscovery.docker.compose;

import org.jspecify.annotations.NullMarked;
