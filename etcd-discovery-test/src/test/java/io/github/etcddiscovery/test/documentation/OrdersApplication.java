package io.github.etcddiscovery.test.documentation;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * The application of the examples.
 */
@SpringBootApplication
class OrdersApplication {

}
