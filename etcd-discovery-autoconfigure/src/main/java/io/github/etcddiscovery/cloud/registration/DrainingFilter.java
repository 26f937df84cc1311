package io.github.etcddiscovery.cloud.registration;

import java.io.IOException;
import java.util.function.BooleanSupplier;

import io.github.etcddiscovery.Internal;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;

/**
 * Ends the connections of callers while this application drains: each is told so with its
 * last response, and not by a connection that is closed under its next request. HTTP/2
 * has a way of its own, which web servers go when they stop. To be registered for
 * asynchronous dispatches too: a request may have come before.
 */
@Internal
public final class DrainingFilter implements Filter {

	private static final String CLOSE = "close";

	private final BooleanSupplier draining;

	/**
	 * Creates the filter.
	 * @param draining whether this application drains
	 */
	public DrainingFilter(BooleanSupplier draining) {
		this.draining = draining;
	}

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		closeIfDraining(request, response);
		chain.doFilter(request, response);
		// It may have begun meanwhile.
		closeIfDraining(request, response);
	}

	private void closeIfDraining(ServletRequest request, ServletResponse response) {
		if (this.draining.getAsBoolean() && request.getProtocol().startsWith("HTTP/1") && !response.isCommitted()
				&& response instanceof HttpServletResponse http) {
			http.setHeader(HttpHeaders.CONNECTION, CLOSE);
		}
	}

}
