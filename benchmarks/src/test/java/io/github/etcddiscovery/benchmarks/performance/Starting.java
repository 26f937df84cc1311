package io.github.etcddiscovery.benchmarks.performance;

import java.lang.management.ManagementFactory;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;

/**
 * A process that starts a web application, says how long that took and how many threads
 * there are then, and ends. It is ready when all have been told so, and thus registered.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class Starting implements ApplicationListener<ApplicationReadyEvent>, Ordered {

	public static void main(String[] args) {
		new SpringApplicationBuilder(Starting.class).run(args).close();
	}

	@Override
	public void onApplicationEvent(ApplicationReadyEvent event) {
		long took = System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
		System.out.println("ready " + took + " " + Thread.getAllStackTraces().size());
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

}
