package io.github.etcddiscovery.sample;

import reactor.core.publisher.Flux;

import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Tells the page what there is to show, by server-sent events.
 */
@RestController
class EventsController {

	private final LiveEvents events;

	EventsController(LiveEvents events) {
		this.events = events;
	}

	@GetMapping(path = "/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	Flux<ServerSentEvent<Object>> events() {
		return this.events.events();
	}

}
