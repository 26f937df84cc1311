package io.github.etcddiscovery.documentation;

import org.springframework.web.client.RestClient;

record StockClient(RestClient http) {

	String stockOf(String article) {
		return this.http.get().uri("http://stock/articles/{article}", article).retrieve().body(String.class);
	}

}
