package io.github.etcddiscovery.test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;

import com.google.protobuf.CodedOutputStream;
import io.etcd.jetcd.api.ResponseHeader;
import io.github.etcddiscovery.test.LeaseTable.Lease;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;

/**
 * {@code LeaseLeases}, which {@code etcdctl lease list} calls and jetcd's stubs do not
 * know. Written by hand after etcd's {@code rpc.proto}: a header, and a message for each
 * lease with nothing but its id.
 */
final class LeaseLeasesMethod {

	static final MethodDescriptor<byte[], byte[]> DESCRIPTOR = MethodDescriptor.<byte[], byte[]>newBuilder()
		.setType(MethodType.UNARY)
		.setFullMethodName("etcdserverpb.Lease/LeaseLeases")
		.setRequestMarshaller(new BytesMarshaller())
		.setResponseMarshaller(new BytesMarshaller())
		.build();

	private static final int HEADER = 1;

	private static final int LEASES = 2;

	private static final int ID = 1;

	private LeaseLeasesMethod() {
	}

	static byte[] response(ResponseHeader header, Collection<Lease> leases) {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		CodedOutputStream out = CodedOutputStream.newInstance(bytes);
		try {
			out.writeMessage(HEADER, header);
			for (Lease lease : leases) {
				out.writeTag(LEASES, 2);
				out.writeUInt32NoTag(CodedOutputStream.computeInt64Size(ID, lease.id()));
				out.writeInt64(ID, lease.id());
			}
			out.flush();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return bytes.toByteArray();
	}

}
