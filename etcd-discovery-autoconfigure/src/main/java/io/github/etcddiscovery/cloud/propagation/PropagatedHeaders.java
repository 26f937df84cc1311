package io.github.etcddiscovery.cloud.propagation;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.http.HttpHeaders;
import org.springframework.util.ClassUtils;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/**
 * Knows the headers to copy, and finds their values in the incoming request: in that of
 * the current thread (Spring MVC) or of the Reactor context (WebFlux). Work that is
 * passed on to other threads has no incoming request there. Immutable.
 */
@Internal
public final class PropagatedHeaders {

	private static final boolean SERVLET = ClassUtils.isPresent("jakarta.servlet.http.HttpServletRequest",
			PropagatedHeaders.class.getClassLoader());

	/** In the Reactor context. */
	private static final Object KEY = new Object();

	private final Set<String> names;

	/**
	 * Creates the headers.
	 * @param names their names
	 */
	public PropagatedHeaders(Collection<String> names) {
		this.names = Set.copyOf(names);
	}

	/**
	 * Returns the values in the request that the current thread handles.
	 * @return the values by name; empty if the thread handles no request
	 */
	Map<String, String> ofCurrentThread() {
		RequestAttributes attributes = RequestContextHolder.getRequestAttributes();
		return (SERVLET && attributes instanceof ServletRequestAttributes servlet)
				? values(servlet.getRequest()::getHeader) : Map.of();
	}

	/**
	 * Returns the values in the request that a reactive chain handles.
	 * @param context the context of the chain
	 * @return the values by name; those of the current thread's request if the chain
	 * handles none
	 */
	Map<String, String> of(ContextView context) {
		return context.hasKey(KEY) ? context.get(KEY) : ofCurrentThread();
	}

	/**
	 * Adds the values of an incoming request to a context.
	 * @param context the context
	 * @param incoming the headers of the request
	 */
	Context addTo(Context context, HttpHeaders incoming) {
		return context.put(KEY, values(incoming::getFirst));
	}

	private Map<String, String> values(UnaryOperator<@Nullable String> incoming) {
		Map<String, String> values = new LinkedHashMap<>();
		for (String name : this.names) {
			String value = incoming.apply(name);
			if (value != null) {
				values.put(name, value);
			}
		}
		return values;
	}

}
