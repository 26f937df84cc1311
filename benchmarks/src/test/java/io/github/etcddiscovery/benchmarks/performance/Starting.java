package io.github.etcddiscovery.benchmarks.performance;

import java.lang.management.ManagementFactory;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;

/**
 * A process that starts a web application, says how long that took and how many threads
 * and classes there are then, and ends. It is ready when it accepts traffic, and all who
 * wait for that have been told so.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class Starting implements ApplicationListener<AvailabilityChangeEvent<ReadinessState>>, Ordered {

	public static void main(String[] args) {
		new SpringApplicationBuilder(Starting.class).run(args).close();
	}

	@Override
	public void onApplicationEvent(AvailabilityChangeEvent<ReadinessState> event) {
		if (event.getState() == ReadinessState.ACCEPTING_TRAFFIC) {
			long took = System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
			System.out.println("ready " + took + " " + Thread.getAllStackTraces().size() + " "
					+ ManagementFactory.getClassLoadingMXBean().getLoadedClassCount());
		}
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

}
