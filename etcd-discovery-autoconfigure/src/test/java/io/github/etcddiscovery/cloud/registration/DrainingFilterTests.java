package io.github.etcddiscovery.cloud.registration;

import java.util.concurrent.atomic.AtomicBoolean;

import jakarta.servlet.FilterChain;
import org.junit.jupiter.api.Test;

import org.springframework.core.Ordered;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.mock.web.server.MockServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link DrainingFilter} and {@link DrainingWebFilter}.
 */
class DrainingFilterTests {

	private final AtomicBoolean draining = new AtomicBoolean();

	private final MockHttpServletResponse response = new MockHttpServletResponse();

	private String answered(String protocol, FilterChain chain) throws Exception {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setProtocol(protocol);
		new DrainingFilter(this.draining::get).doFilter(request, this.response, chain);
		return this.response.getHeader("Connection");
	}

	@Test
	void connectionStaysOpenWhileNothingDrains() throws Exception {
		assertThat(answered("HTTP/1.1", new MockFilterChain())).isNull();
	}

	@Test
	void drainingApplicationEndsTheConnectionAndStillAnswers() throws Exception {
		this.draining.set(true);
		MockFilterChain chain = new MockFilterChain();
		assertThat(answered("HTTP/1.1", chain)).isEqualTo("close");
		assertThat(chain.getRequest()).isNotNull();
	}

	@Test
	void drainingThatBeginsDuringARequestEndsItsConnectionToo() throws Exception {
		assertThat(answered("HTTP/1.0", (request, answer) -> this.draining.set(true))).isEqualTo("close");
	}

	@Test
	void http2HasNoSuchHeader() throws Exception {
		this.draining.set(true);
		assertThat(answered("HTTP/2.0", new MockFilterChain())).isNull();
	}

	@Test
	void responseThatIsOnItsWayIsLeftAlone() throws Exception {
		this.response.flushBuffer();
		this.draining.set(true);
		assertThat(answered("HTTP/1.1", new MockFilterChain())).isNull();
	}

	@Test
	void reactiveResponseIsToldWhenItIsCommitted() {
		DrainingWebFilter filter = new DrainingWebFilter(this.draining::get);
		assertThat(filter.getOrder()).isEqualTo(Ordered.HIGHEST_PRECEDENCE);
		assertThat(reactive(filter, false)).isNull();
		assertThat(reactive(filter, true)).isEqualTo("close");
	}

	private String reactive(DrainingWebFilter filter, boolean begins) {
		MockServerWebExchange exchange = MockServerWebExchange.from(MockServerHttpRequest.get("/"));
		filter.filter(exchange, (passed) -> {
			this.draining.set(begins);
			return passed.getResponse().setComplete();
		}).block();
		return exchange.getResponse().getHeaders().getFirst("Connection");
	}

}
