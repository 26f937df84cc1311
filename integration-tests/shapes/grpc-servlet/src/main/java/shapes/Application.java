package shapes;

import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.client.discovery.event.InstanceRegisteredEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;
import org.springframework.grpc.client.GrpcChannelFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@RestController
public class Application {

	private final GrpcChannelFactory channels;

	Application(GrpcChannelFactory channels) {
		this.channels = channels;
	}

	public static void main(String[] args) {
		SpringApplication.run(Application.class, args);
	}

	/** Spring gRPC starts a server only if there is a service of the application's. */
	@Bean
	static BindableService service() {
		return () -> ServerServiceDefinition.builder("shapes.Empty").build();
	}

	@GetMapping("/hello")
	String hello() {
		return "hello of a shape";
	}

	@EventListener(InstanceRegisteredEvent.class)
	void callItself() {
		HealthCheckResponse answer = HealthGrpc.newBlockingStub(this.channels.createChannel("etcd:///grpc-servlet"))
			.withWaitForReady()
			.check(HealthCheckRequest.getDefaultInstance());
		System.out.println("The service says " + answer.getStatus());
	}

}
