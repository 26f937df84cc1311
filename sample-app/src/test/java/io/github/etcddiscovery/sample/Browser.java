package io.github.etcddiscovery.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;

import io.github.etcddiscovery.testsupport.Programs;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * Chromium without a window, and what a page of the sample shows in it.
 */
final class Browser implements AutoCloseable {

	/** By the names that Debian gives them. */
	private static final String CHROMIUM = "chromium";

	private static final String DRIVER = "chromedriver";

	static final String MISSING = "No browser found: expected " + CHROMIUM + " and " + DRIVER + " on the path";

	private static final Duration SOON = Duration.ofSeconds(30);

	private final ChromeDriver driver;

	private Browser(ChromeDriver driver) {
		this.driver = driver;
	}

	static boolean isFound() {
		return Programs.find(CHROMIUM).isPresent() && Programs.find(DRIVER).isPresent();
	}

	static Browser start() {
		ChromeOptions options = new ChromeOptions();
		options.setBinary(Programs.find(CHROMIUM).orElseThrow().toFile());
		// Its sandbox does not work for root, as whom CI runs; it visits our own page
		// only.
		options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu");
		LoggingPreferences logs = new LoggingPreferences();
		logs.enable(LogType.BROWSER, Level.ALL);
		options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
		return new Browser(new ChromeDriver(
				new ChromeDriverService.Builder().usingDriverExecutable(Programs.find(DRIVER).orElseThrow().toFile())
					.build(),
				options));
	}

	/** Opens a page, as it looks on a screen that is light or dark. */
	void open(String url, int width, int height) {
		resize(width, height);
		setAppearance("light");
		this.driver.get(url);
	}

	void resize(int width, int height) {
		this.driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
				Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
	}

	/** Makes it prefer light or dark pages, and ones that do not move. */
	void setAppearance(String scheme) {
		this.driver.executeCdpCommand("Emulation.setEmulatedMedia",
				Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme),
						Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
	}

	WebElement element(String selector) {
		return this.driver.findElement(By.cssSelector(selector));
	}

	List<WebElement> elements(String selector) {
		return this.driver.findElements(By.cssSelector(selector));
	}

	Object script(String code, Object... arguments) {
		return this.driver.executeScript(code, arguments);
	}

	/** Types where the focus is. */
	void type(CharSequence... keys) {
		this.driver.switchTo().activeElement().sendKeys(keys);
	}

	/** The id of what has the focus, or its text if it has none. */
	String focused() {
		WebElement focused = this.driver.switchTo().activeElement();
		String id = focused.getDomAttribute("id");
		return (id != null) ? id : focused.getText();
	}

	String text(String id) {
		return element("#" + id).getText();
	}

	void awaitText(String id, String expected) {
		Awaitility.await().atMost(SOON).untilAsserted(() -> Assertions.assertThat(text(id)).matches(expected));
	}

	/** Waits until the page shows that many instances. */
	void awaitRows(int expected) {
		Awaitility.await()
			.atMost(SOON)
			.untilAsserted(() -> Assertions.assertThat(elements("tr[data-key]")).hasSize(expected));
	}

	/** What is shown of an instance, by the names of the columns. */
	@SuppressWarnings("unchecked")
	Map<String, String> row(String instance) {
		return (Map<String, String>) script("""
				const row = [...document.querySelectorAll("tr[data-key]")]
					.find((row) => row.dataset.key.endsWith("/" + arguments[0]));
				return Object.fromEntries([...row?.cells ?? []].map((cell) => [cell.dataset.label, cell.textContent]));
				""", instance);
	}

	/** How many calls each instance has answered. */
	@SuppressWarnings("unchecked")
	Map<String, String> chart() {
		return (Map<String, String>) script("""
				return Object.fromEntries([...document.querySelectorAll("#chart li")].map((line) =>
					[line.querySelector(".who").textContent, line.querySelector(".count").textContent]));
				""");
	}

	/** The contrast of every text to what is behind it, as WCAG 2 defines it. */
	@SuppressWarnings("unchecked")
	Map<String, String> contrasts() {
		return (Map<String, String>) script("""
				const luminance = (color) => {
					const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
						.map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
					return 0.2126 * r + 0.7152 * g + 0.0722 * b;
				};
				const behind = (element) => {
					const color = getComputedStyle(element).backgroundColor;
					return color === "rgba(0, 0, 0, 0)" ? behind(element.parentElement) : color;
				};
				const result = {};
				for (const element of document.body.querySelectorAll("*:not(script)")) {
					if ([...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())) {
						const [low, high] = [luminance(getComputedStyle(element).color), luminance(behind(element))]
							.sort((a, b) => a - b);
						result[element.tagName + " " + element.textContent] = ((high + 0.05) / (low + 0.05)).toFixed(2);
					}
				}
				return result;
				""");
	}

	/** What the page has complained about since this was asked last. */
	List<String> errors() {
		return this.driver.manage().logs().get(LogType.BROWSER).getAll().stream().map(LogEntry::getMessage).toList();
	}

	/** All of the page as it is, in the width it has. */
	void saveScreenshot(Path target) {
		int width = ((Long) script("return document.documentElement.clientWidth")).intValue();
		resize(width, ((Long) script("return document.body.offsetHeight")).intValue());
		try {
			Files.write(target, this.driver.getScreenshotAs(OutputType.BYTES));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		this.driver.quit();
	}

}
