package io.github.etcddiscovery.sample;

/**
 * Who answered.
 *
 * @param service the service
 * @param instance the instance of it
 */
record Greeting(String service, String instance) {

}
