/**
 * Spring Boot's side: properties, conditions, beans and what is said when starting fails.
 */
@NullMarked
package io.github.etcddiscovery.autoconfigure;

import org.jspecify.annotations.NullMarked;
