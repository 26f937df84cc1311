package io.github.etcddiscovery.cloud.loadbalancer;

import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import reactor.core.publisher.Flux;

import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.DefaultRequest;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.client.loadbalancer.RequestData;
import org.springframework.cloud.client.loadbalancer.RequestDataContext;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.util.LinkedMultiValueMap;

/**
 * Instances of the service {@code stock}, and a supplier of them.
 */
final class TestInstances implements ServiceInstanceListSupplier {

	private List<ServiceInstance> list;

	TestInstances(ServiceInstance... instances) {
		set(instances);
	}

	void set(ServiceInstance... instances) {
		this.list = List.of(instances);
	}

	@Override
	public String getServiceId() {
		return "stock";
	}

	@Override
	public Flux<List<ServiceInstance>> get() {
		return Flux.just(this.list);
	}

	/**
	 * Creates an instance whose host is its id.
	 * @param id the id
	 * @param metadata entries such as {@code zone=a}
	 */
	static ServiceInstance instance(String id, String... metadata) {
		Map<String, String> map = Arrays.stream(metadata)
			.map((entry) -> entry.split("="))
			.collect(Collectors.toMap((entry) -> entry[0], (entry) -> entry[1]));
		return new DefaultServiceInstance(id, "stock", id, 80, false, map);
	}

	/**
	 * Creates a request that is sent with headers.
	 */
	static Request<?> request(Map<String, String> headers) {
		HttpHeaders sent = new HttpHeaders();
		headers.forEach(sent::set);
		return new DefaultRequest<>(new RequestDataContext(new RequestData(HttpMethod.GET, URI.create("http://stock/"),
				sent, new LinkedMultiValueMap<>(), Map.of())));
	}

}
