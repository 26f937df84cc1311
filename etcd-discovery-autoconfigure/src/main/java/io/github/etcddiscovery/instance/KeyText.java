package io.github.etcddiscovery.instance;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

import io.github.etcddiscovery.Internal;

/**
 * Keys of etcd as text. A key may be any bytes there. They are read as UTF-8. Each byte
 * that is not valid becomes an unpaired surrogate, U+DC80 to U+DCFF, as in Python (PEP
 * 383). No valid key has one, so different keys become different texts. A key too long
 * for any instance becomes its beginning and a digest, since etcd takes keys of a
 * megabyte and a view keeps all keys in memory.
 */
@Internal
public final class KeyText {

	/** The longest prefix of a layout, in bytes. */
	static final int LONGEST_PREFIX = 1_024;

	/** With such a prefix, a service id of 128 and an instance id of 255 characters. */
	private static final int LONGEST_KEY = 2_048;

	/** How much of a longer key is kept, in bytes: with the digest it fits into a log. */
	private static final int BEGINNING = 100;

	/**
	 * Half of SHA-256, in hexadecimal digits: nobody finds two keys with the same 128
	 * bits.
	 */
	private static final int DIGEST_DIGITS = 32;

	/** Ends the text of a shortened key. No key is decoded to this surrogate. */
	private static final char SHORTENED = '\udc00';

	private static final char ESCAPE = '\udc00';

	/** What the JDK puts in place of bytes that are no text. */
	private static final char REPLACEMENT = '\ufffd';

	private KeyText() {
	}

	/**
	 * Reads a key.
	 * @param key the bytes
	 * @return the text; for a key of more than 2,048 bytes its beginning and a digest
	 */
	public static String decode(byte[] key) {
		if (key.length > LONGEST_KEY) {
			return decode(Arrays.copyOf(key, BEGINNING)) + "... (" + key.length + " bytes, SHA-256 "
					+ digest(key, DIGEST_DIGITS) + ")" + SHORTENED;
		}
		String text = new String(key, StandardCharsets.UTF_8);
		return (text.indexOf(REPLACEMENT) < 0) ? text : decodeWithoutLoss(key);
	}

	/**
	 * Returns the beginning of the SHA-256 of some bytes.
	 * @param bytes the bytes
	 * @param digits how many hexadecimal digits, 64 at most
	 * @return the digits, letters in lower case
	 */
	public static String digest(byte[] bytes, int digits) {
		try {
			return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)).substring(0, digits);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

	/**
	 * Whether a text stands for a key that is too long. The key cannot be read back from
	 * such a text, nor be asked for.
	 * @param text the text of a key
	 * @return whether it was shortened
	 */
	public static boolean isShortened(String text) {
		return !text.isEmpty() && text.charAt(text.length() - 1) == SHORTENED;
	}

	private static String decodeWithoutLoss(byte[] key) {
		CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder()
			.onMalformedInput(CodingErrorAction.REPORT)
			.onUnmappableCharacter(CodingErrorAction.REPORT);
		ByteBuffer in = ByteBuffer.wrap(key);
		// A byte is one character at most.
		CharBuffer out = CharBuffer.allocate(key.length);
		CoderResult result = decoder.decode(in, out, true);
		while (result.isError()) {
			for (int i = 0; i < result.length(); i++) {
				out.put((char) (ESCAPE + (in.get() & 0xff)));
			}
			result = decoder.reset().decode(in, out, true);
		}
		return out.flip().toString();
	}

	/**
	 * Writes a key.
	 * @param text the text
	 * @return the bytes
	 */
	public static byte[] encode(String text) {
		try {
			ByteBuffer valid = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
			byte[] key = new byte[valid.remaining()];
			valid.get(key);
			return key;
		}
		catch (CharacterCodingException ex) {
			return encodeEscaped(text);
		}
	}

	private static byte[] encodeEscaped(String text) {
		ByteBuffer out = ByteBuffer.allocate(4 * text.length());
		text.codePoints().forEach((point) -> {
			boolean escaped = point > ESCAPE + 0x7f && point <= ESCAPE + 0xff;
			out.put(escaped ? new byte[] { (byte) (point - ESCAPE) }
					: Character.toString(point).getBytes(StandardCharsets.UTF_8));
		});
		byte[] key = new byte[out.flip().remaining()];
		out.get(key);
		return key;
	}

}
