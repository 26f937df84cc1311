package shapes;

import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.client.discovery.event.InstanceRegisteredEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;
import org.springframework.grpc.client.GrpcChannelFactory;

@SpringBootApplication
public class Application {

	private final GrpcChannelFactory channels;

	private final String name;

	Application(GrpcChannelFactory channels, @Value("${spring.application.name}") String name) {
		this.channels = channels;
		this.name = name;
	}

	public static void main(String[] args) {
		SpringApplication.run(Application.class, args);
	}

	/** Spring gRPC starts a server only if there is a service of the application's. */
	@Bean
	static BindableService service() {
		return () -> ServerServiceDefinition.builder("shapes.Empty").build();
	}

	@EventListener(InstanceRegisteredEvent.class)
	void callItself() {
		HealthCheckResponse answer = HealthGrpc.newBlockingStub(this.channels.createChannel("etcd:///" + this.name))
			.withWaitForReady()
			.check(HealthCheckRequest.getDefaultInstance());
		System.out.println("The service says " + answer.getStatus());
	}

}
