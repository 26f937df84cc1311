package io.github.etcddiscovery.documentation;

import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.service.annotation.GetExchange;

interface StockClient {

	@GetExchange("/articles/{article}")
	String stockOf(@PathVariable("article") String article);

}
