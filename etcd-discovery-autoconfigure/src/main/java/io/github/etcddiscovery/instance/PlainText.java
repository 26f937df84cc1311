package io.github.etcddiscovery.instance;

import java.util.regex.Pattern;

import io.github.etcddiscovery.Internal;

/**
 * What others have written, fit to be shown: cut, and without what would make a terminal,
 * a log or a reader see something else (control and format characters, unpaired
 * surrogates, other line ends).
 */
@Internal
public final class PlainText {

	/** Unicode's categories of such characters. */
	private static final Pattern UNFIT_CHARACTER = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]");

	/**
	 * Looks like nothing and is neither white space nor a format character: fillers of
	 * Hangul, the empty pattern of Braille, joiners, and selectors of variants.
	 */
	private static final Pattern FILLER = Pattern.compile(
			"[\\x{115f}\\x{1160}\\x{2800}\\x{3164}\\x{ffa0}\\x{34f}\\x{17b4}\\x{17b5}\\x{fe00}-\\x{fe0f}\\x{e0100}-\\x{e01ef}]");

	private PlainText() {
	}

	/**
	 * Whether nothing of a text would have to be escaped. Nearly all are ASCII, for which
	 * a regular expression takes ten times as long as reading everything else of a
	 * record.
	 */
	static boolean isPlain(String text) {
		return isPlainAscii(text) || !UNFIT_CHARACTER.matcher(text).find();
	}

	private static boolean isPlainAscii(String text) {
		return text.chars().allMatch((character) -> character >= ' ' && character <= '~');
	}

	/** Whether there is a character in a text that looks like nothing. */
	static boolean hasBlank(String text) {
		return text.codePoints().anyMatch((point) -> Character.isWhitespace(point) || Character.isSpaceChar(point))
				|| (!isPlainAscii(text) && FILLER.matcher(text).find());
	}

	/**
	 * Cuts and escapes a text.
	 * @param text anything
	 * @param longest how many characters of it to show
	 * @return the text, with characters that are not shown as they are escaped as Java
	 * does
	 */
	public static String of(String text, int longest) {
		String start = (text.length() > longest) ? text.substring(0, longest) + "..." : text;
		return UNFIT_CHARACTER.matcher(start)
			.replaceAll((found) -> "\\\\u%04x".formatted(found.group().codePointAt(0)));
	}

}
