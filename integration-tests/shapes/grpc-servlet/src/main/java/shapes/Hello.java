package shapes;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What the web server answers beside gRPC. */
@RestController
class Hello {

	@GetMapping("/hello")
	String hello() {
		return "hello of a shape";
	}

}
