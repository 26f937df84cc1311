package io.github.etcddiscovery.testsupport;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;

/**
 * A DNS server on loopback that answers what it was told to.
 */
public final class DnsServer implements AutoCloseable {

	private final Map<String, List<byte[]>> records = new ConcurrentHashMap<>();

	private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

	private final Channel channel;

	private DnsServer() {
		this.channel = new Bootstrap().group(this.group)
			.channel(NioDatagramChannel.class)
			.handler(new ChannelInitializer<>() {

				@Override
				protected void initChannel(Channel opened) {
					opened.pipeline()
						.addLast(new DatagramDnsQueryDecoder(), new DatagramDnsResponseEncoder(), new Answers());
				}

			})
			.bind("127.0.0.1", 0)
			.syncUninterruptibly()
			.channel();
	}

	public static DnsServer start() {
		return new DnsServer();
	}

	/** Where it is, as the JDK's provider wants it. */
	public String url() {
		return "dns://127.0.0.1:" + ((InetSocketAddress) this.channel.localAddress()).getPort();
	}

	/** Says which IPv4 addresses a name has, instead of those it had. */
	public void setAddresses(String name, String... addresses) {
		this.records.put(name + " A", Stream.of(addresses).map(DnsServer::address).toList());
	}

	/** Says on which ports of a host a service is. */
	public void setServices(String name, String host, int... ports) {
		this.records.put(name + " SRV", Arrays.stream(ports).mapToObj((port) -> service(host, port)).toList());
	}

	private static byte[] address(String text) {
		String[] parts = text.split("\\.");
		byte[] bytes = new byte[parts.length];
		for (int i = 0; i < parts.length; i++) {
			bytes[i] = (byte) Integer.parseInt(parts[i]);
		}
		return bytes;
	}

	private static byte[] service(String host, int port) {
		ByteBuf content = Unpooled.buffer().writeShort(1).writeShort(1).writeShort(port);
		for (String label : host.split("\\.")) {
			content.writeByte(label.length()).writeBytes(label.getBytes(StandardCharsets.US_ASCII));
		}
		content.writeByte(0);
		byte[] bytes = new byte[content.readableBytes()];
		content.readBytes(bytes);
		return bytes;
	}

	@Override
	public void close() {
		this.group.shutdownGracefully(0, 0, TimeUnit.SECONDS);
	}

	/**
	 * Answers.
	 */
	private final class Answers extends SimpleChannelInboundHandler<DatagramDnsQuery> {

		@Override
		protected void channelRead0(ChannelHandlerContext context, DatagramDnsQuery query) {
			DnsQuestion question = query.recordAt(DnsSection.QUESTION);
			DatagramDnsResponse response = new DatagramDnsResponse(query.recipient(), query.sender(), query.id());
			response.addRecord(DnsSection.QUESTION, question);
			String name = question.name().substring(0, question.name().length() - 1);
			DnsRecordType type = question.type();
			List<byte[]> found = DnsServer.this.records.getOrDefault(name + " " + type.name(), List.of());
			found.forEach((content) -> response.addRecord(DnsSection.ANSWER,
					new DefaultDnsRawRecord(question.name(), type, 1, Unpooled.wrappedBuffer(content))));
			response.setCode(found.isEmpty() ? DnsResponseCode.NXDOMAIN : DnsResponseCode.NOERROR);
			context.writeAndFlush(response);
		}

	}

}
