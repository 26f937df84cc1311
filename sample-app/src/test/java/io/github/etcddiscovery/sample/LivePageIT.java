package io.github.etcddiscovery.sample;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.github.etcddiscovery.test.EmbeddedEtcd;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The page, in a real browser, while the instances that it shows come and go.
 */
@RequiresBrowser
class LivePageIT {

	private static final Duration SOON = Duration.ofSeconds(30);

	private static final Duration AT_ONCE = Duration.ofSeconds(2);

	private static final String BACKGROUND = "return getComputedStyle(document.body).backgroundColor";

	private static final String SCRIPT = "<script>window.hacked = true</script><img src=x onerror='window.hacked = true'>";

	private static EmbeddedEtcd etcd;

	private static EtcdEyes eyes;

	private static SampleProcess sample;

	private static Browser browser;

	@BeforeAll
	static void start() {
		browser = Browser.start();
		etcd = EmbeddedEtcd.start();
		eyes = new EtcdEyes(etcd.endpoint());
		sample = startSample("--spring.cloud.etcd.discovery.zone=eu-1");
	}

	@AfterAll
	static void stop() {
		browser.close();
		sample.close();
		eyes.close();
		etcd.close();
	}

	private static SampleProcess startSample(String... arguments) {
		String[] all = new String[arguments.length + 2];
		all[0] = "--spring.cloud.etcd.discovery.ttl=3s";
		all[1] = "--spring.cloud.etcd.discovery.heartbeat=1s";
		System.arraycopy(arguments, 0, all, 2, arguments.length);
		return SampleProcess.start("sample-app", etcd.endpoint(), all);
	}

	private static void open(SampleProcess instance) {
		browser.open("http://127.0.0.1:" + instance.port() + "/", 1000, 900);
	}

	@BeforeEach
	void openPage() {
		open(sample);
		browser.awaitRows(1);
		browser.errors();
		// Gone with a reload.
		browser.script("window.sinceItWasOpened = true");
	}

	@AfterEach
	void deleteWhatWasPut() {
		eyes.all("/services/").keySet().stream().filter((key) -> !key.contains("/sample-app/")).forEach(eyes::delete);
	}

	@Test
	void showsThisInstanceAsItIsInEtcd() {
		String key = "/services/sample-app/" + sample.instanceId();
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(browser.row(sample.instanceId())).containsEntry("Status", "UP")
				.containsEntry("Instance", sample.instanceId() + " (this one)")
				.containsEntry("Address", "http://" + sample.instanceId())
				.containsEntry("Zone", "eu-1")
				.containsEntry("Lease", Long.toHexString(eyes.get(key).getLease())));
		assertThat(browser.row(sample.instanceId()).get("Age")).matches("\\d+ (s|min)");
		assertThat(browser.text("registration")).isEqualTo("REGISTERED, UP");
		assertThat(browser.text("lease"))
			.matches("[0-3]\\.\\d s left of " + Long.toHexString(eyes.get(key).getLease()));
		assertThat(browser.text("view")).isEqualTo("fresh: changes arrive as they happen");
		assertThat(browser.text("etcd")).isEqualTo(etcd.endpoint());
		assertThat(browser.errors()).isEmpty();
	}

	@Test
	void instancesComeAndGoWithoutAReload() {
		try (SampleProcess second = startSample()) {
			browser.awaitRows(2);
			assertThat(browser.row(second.instanceId())).containsEntry("Status", "UP").containsEntry("Zone", "–");
			assertThat(browser.text("news")).endsWith("sample-app/" + second.instanceId() + " has come");
			second.kill();
			browser.awaitRows(1);
			assertThat(browser.text("news")).endsWith("sample-app/" + second.instanceId() + " has gone");
		}
		assertThat(browser.script("return window.sinceItWasOpened")).isEqualTo(true);
		assertThat(browser.errors()).isEmpty();
	}

	@Test
	void changesAreShownAtOnce() {
		String key = "/services/stock/10.0.0.5:80";
		String record = "{\"host\":\"10.0.0.5\",\"port\":80,\"status\":\"%s\"}";
		eyes.put(key, record.formatted("UP"));
		await().atMost(AT_ONCE)
			.untilAsserted(() -> assertThat(browser.row("10.0.0.5:80")).containsEntry("Status", "UP"));
		eyes.put(key, record.formatted("OUT_OF_SERVICE"));
		await().atMost(AT_ONCE)
			.untilAsserted(() -> assertThat(browser.row("10.0.0.5:80")).containsEntry("Status", "OUT_OF_SERVICE")
				.containsEntry("Lease", "none"));
		assertThat(browser.row("10.0.0.5:80").get("Age")).endsWith(" s or more");
		assertThat(browser.text("news")).endsWith("stock/10.0.0.5:80 is OUT_OF_SERVICE");
		assertThat(browser.element("#service").getDomProperty("value")).as("its own").isEqualTo("sample-app");
		assertThat(browser.errors()).isEmpty();
	}

	@Test
	void markupInWhatEtcdHoldsIsTextAndNothingElse() {
		String inJson = SCRIPT.replace("\"", "\\\"");
		eyes.put("/services/evil/10.0.0.6:80", """
				{"host":"10.0.0.6","port":80,"metadata":{"zone":"%1$s","%1$s":"%1$s"}}""".formatted(inJson));
		browser.awaitRows(2);
		Map<String, String> shown = browser.row("10.0.0.6:80");
		assertThat(shown).containsEntry("Zone", SCRIPT).containsEntry("Metadata", SCRIPT + "=" + SCRIPT);
		assertThat(browser.elements("img, td *, summary *")).isEmpty();
		assertThat(browser.script("return window.hacked")).isNull();
		assertThat(browser.errors()).isEmpty();
	}

	@Test
	void largeRegistryIsCollapsedAndFiltered() {
		IntStream.range(0, 200)
			.forEach((service) -> IntStream.range(0, 10)
				.forEach((instance) -> eyes.put("/services/service-%03d/%d".formatted(service, instance), """
						{"host":"10.0.0.%d","port":80,"metadata":{"zone":"zone-%d"}}""".formatted(service, instance))));
		browser.awaitText("count", "2001 instances");
		assertThat(browser.elements("details")).hasSize(201);
		browser.awaitRows(0);
		assertThat(browser.text("news")).endsWith(" more");
		browser.element("#filter").sendKeys("service-117 zone=zone-3");
		browser.awaitText("count", "1 of 2001 instances");
		browser.awaitRows(1);
		assertThat(browser.row("3")).containsEntry("Zone", "zone-3");
		assertThat(browser.element("summary").getText()).isEqualTo("service-117 (1 of 10)");
		browser.element("#filter").sendKeys("x");
		browser.awaitText("services", "No instance matches the filter.");
		browser.element("#filter").clear();
		browser.element("#filter").sendKeys("service-11");
		browser.awaitText("count", "100 of 2001 instances");
		browser.awaitRows(100);
		browser.element("#collapse").click();
		browser.awaitRows(0);
		browser.element("details[data-service=service-113] summary").click();
		browser.awaitRows(10);
		eyes.put("/services/service-113/new", "{\"host\":\"10.0.0.9\",\"port\":80}");
		browser.awaitRows(11);
		assertThat(browser.errors()).isEmpty();
	}

	@Test
	void entriesToLookAtAreListed() {
		assertThat(browser.element("#problems").isDisplayed()).isFalse();
		eyes.put("/services/stock/bad", "what is this");
		eyes.put("/services/stock/copy", "{\"host\":\"10.0.0.9\",\"port\":80}");
		browser.awaitText("rejected", "(?s)Rejected: 1.*/services/stock/bad.*Invalid record.*");
		browser.awaitText("leaseless", "(?s)Without a lease, .*: 1.*/services/stock/copy");
		deleteWhatWasPut();
		await().atMost(SOON).until(() -> !browser.element("#problems").isDisplayed());
	}

	@Test
	void everyControlAndTableHasAName() {
		assertThat(browser.script("""
				return [...document.querySelectorAll("input, select, button, table, section")]
					.filter((element) => !(element.labels?.length > 0 || element.ariaLabel || element.textContent.trim()
						|| document.getElementById(element.getAttribute("aria-labelledby"))))
					.map((element) => element.outerHTML)""")).isEqualTo(List.of());
	}

	@Test
	void clustersAndHealthAreShownWhereThereAreAny() {
		assertThat(browser.element("#clusters").isDisplayed()).isFalse();
		assertThat(browser.element("#health").isDisplayed()).isFalse();
		eyes.put("/us/pay/10.0.0.5:80", "{\"host\":\"10.0.0.5\",\"port\":80}");
		try (SampleProcess other = startSample("--spring.cloud.etcd.discovery.remotes.us.endpoints=" + etcd.endpoint(),
				"--spring.cloud.etcd.discovery.remotes.us.prefix=/us",
				"--spring.cloud.etcd.discovery.follow-health=readiness")) {
			open(other);
			browser.awaitText("cluster-table",
					"(?s).*home home fresh: changes arrive as they happen 2 –.*us fallback fresh: .* 1 .*");
			assertThat(browser.row("10.0.0.5:80")).containsEntry("Cluster", "us");
			browser.awaitText("health", "readiness: it has no other contributor");
			assertThat(browser.errors()).isEmpty();
		}
		finally {
			eyes.delete("/us/pay/10.0.0.5:80");
		}
	}

	@Test
	void callsAreShownAsTheySpread() {
		try (SampleProcess second = startSample()) {
			browser.awaitRows(2);
			browser.element("button[value='20']").click();
			browser.awaitText("total", "20 calls");
			assertThat(browser.chart()).containsOnly(Map.entry("sample-app/" + sample.instanceId(), "10"),
					Map.entry("sample-app/" + second.instanceId(), "10"));
			// The one that the README shows is a copy of this.
			browser.saveScreenshot(Path.of("target/page.png"));
		}
	}

	@Test
	void clearingEndsTheCallsThatAreUnderWay() {
		browser.element("button[value='20']").click();
		browser.element("button[value='20']").click();
		browser.element("button[type='reset']").click();
		browser.element("button[value='1']").click();
		browser.awaitText("total", "1 call");
		assertThat(browser.chart().values()).containsExactly("1");
	}

	@Test
	void failedCallIsShownWithItsReason() {
		eyes.put("/services/dead/127.0.0.1:1", "{\"host\":\"127.0.0.1\",\"port\":1}");
		browser.awaitRows(2);
		browser.element("#service").sendKeys("dead");
		browser.element("button[value='1']").click();
		browser.awaitText("total", "1 call");
		assertThat(browser.chart().keySet()).singleElement()
			.asString()
			.startsWith("dead failed: The service cannot be called: ")
			.contains("Connection refused");
	}

	@Test
	void keyboardIsEnough() {
		browser.type(Keys.TAB);
		assertThat(browser.focused()).isEqualTo("filter");
		browser.type(Keys.TAB, Keys.ENTER);
		assertThat(browser.focused()).isEqualTo("expand");
		browser.type(Keys.TAB, Keys.ENTER);
		assertThat(browser.focused()).isEqualTo("collapse");
		browser.awaitRows(0);
		browser.type(Keys.TAB, Keys.ENTER);
		browser.awaitRows(1);
		assertThat(browser.focused()).isEqualTo("sample-app (1)");
		browser.type(Keys.TAB);
		assertThat(browser.focused()).isEqualTo("service");
		browser.type(Keys.TAB);
		assertThat(browser.focused()).isEqualTo("client");
		browser.type("Web", Keys.TAB);
		assertThat(browser.focused()).isEqualTo("Call once");
		assertThat(browser.element(":focus").getCssValue("outline-style")).isEqualTo("solid");
		browser.type(Keys.ENTER);
		browser.awaitText("total", "1 call");
		assertThat(browser.chart()).containsOnly(Map.entry("sample-app/" + sample.instanceId(), "1"));
		assertThat(browser.element("#client").getDomProperty("value")).isEqualTo("web-client");
		browser.type(Keys.TAB);
		assertThat(browser.focused()).isEqualTo("Call 20 times");
		browser.type(Keys.TAB);
		assertThat(browser.focused()).isEqualTo("Clear");
		browser.type(Keys.SPACE);
		assertThat(browser.chart()).isEmpty();
		assertThat(browser.errors()).isEmpty();
	}

	@Test
	void everyTextIsReadableInLightAndDark() {
		browser.element("button[value='1']").click();
		browser.awaitText("total", "1 call");
		Object light = browser.script(BACKGROUND);
		assertThatAllIsReadable();
		browser.setAppearance("dark");
		assertThat(browser.script(BACKGROUND)).isNotEqualTo(light);
		assertThatAllIsReadable();
	}

	/** The least that WCAG 2.2 asks for in 1.4.3. */
	private static void assertThatAllIsReadable() {
		assertThat(browser.contrasts()).hasSizeGreaterThan(20)
			.allSatisfy((text, contrast) -> assertThat(Double.parseDouble(contrast)).isGreaterThanOrEqualTo(4.5));
	}

	@Test
	void fitsOnAPhone() {
		String key = "/services/" + "long-name-".repeat(8) + "x/10.0.0.7:80";
		eyes.put(key, """
				{"host":"10.0.0.7","port":80,"metadata":{"zone":"%s"}}""".formatted("z".repeat(200)));
		browser.awaitRows(2);
		browser.resize(360, 740);
		assertThat(browser.script("return document.documentElement.scrollWidth")).isEqualTo(360L);
		assertThat(browser.element("td[data-label=Status]").isDisplayed()).isTrue();
	}

	@Test
	void viewIsSaidToBeStaleWhileEtcdIsAway() {
		etcd.stop();
		try {
			browser.awaitText("view", "stale for \\d+\\.\\d s \\(.*");
			assertThat(browser.row(sample.instanceId())).containsEntry("Status", "UP");
		}
		finally {
			etcd.startAgain();
		}
		browser.awaitText("view", "fresh: .*");
		browser.awaitText("registration", "REGISTERED, UP");
	}

	@Test
	void saysSoWhenItsInstanceHangs() {
		sample.freeze();
		try {
			await().atMost(SOON).until(browser.element("#lost")::isDisplayed);
			assertThat(browser.text("view")).isEqualTo("unknown");
			assertThat(browser.text("registration")).isEqualTo("unknown");
			assertThat(browser.text("lease")).isEqualTo("unknown");
		}
		finally {
			sample.thaw();
		}
		await().atMost(SOON).until(() -> !browser.element("#lost").isDisplayed());
		browser.awaitText("view", "fresh: .*");
		browser.awaitText("registration", "REGISTERED, UP");
	}

	@Test
	void saysSoWhenItsInstanceHasGone() {
		try (SampleProcess other = startSample()) {
			open(other);
			browser.awaitRows(2);
			WebElement lost = browser.element("#lost");
			assertThat(lost.isDisplayed()).isFalse();
			other.terminate();
			assertThat(other.awaitEnd()).isTrue();
			await().atMost(SOON).until(lost::isDisplayed);
		}
	}

}
