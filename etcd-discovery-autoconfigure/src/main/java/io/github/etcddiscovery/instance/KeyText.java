package io.github.etcddiscovery.instance;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Keys of etcd as text, without loss: a key is any bytes there. They are read as UTF-8;
 * every byte that is none becomes an unpaired surrogate, U+DC80 to U+DCFF, as Python does
 * it (PEP 383). No valid key has one, so that no two keys become the same text.
 */
public final class KeyText {

	private static final char ESCAPE = '\udc00';

	/** What the JDK puts in place of bytes that are no text. */
	private static final char REPLACEMENT = '\ufffd';

	private KeyText() {
	}

	/**
	 * Reads a key.
	 * @param key the bytes
	 * @return the text
	 */
	public static String decode(byte[] key) {
		String text = new String(key, StandardCharsets.UTF_8);
		return (text.indexOf(REPLACEMENT) < 0) ? text : decodeWithoutLoss(key);
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
