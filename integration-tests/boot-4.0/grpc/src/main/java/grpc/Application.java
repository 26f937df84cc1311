package grpc;

import io.grpc.BindableService;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.services.HealthStatusManager;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.client.discovery.event.InstanceRegisteredEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;
import org.springframework.grpc.client.GrpcChannelFactory;

@SpringBootApplication
public class Application {

	private final GrpcChannelFactory channels;

	Application(GrpcChannelFactory channels) {
		this.channels = channels;
	}

	public static void main(String[] args) {
		SpringApplication.run(Application.class, args);
	}

	@Bean
	static BindableService health() {
		return new HealthStatusManager().getHealthService();
	}

	@EventListener(InstanceRegisteredEvent.class)
	void callItself() {
		System.out.println("The service says " + HealthGrpc.newBlockingStub(this.channels.createChannel("etcd:///grpc"))
			.withWaitForReady()
			.check(HealthCheckRequest.getDefaultInstance())
			.getStatus());
	}

}
