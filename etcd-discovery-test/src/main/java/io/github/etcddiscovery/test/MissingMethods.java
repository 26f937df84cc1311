package io.github.etcddiscovery.test;

import io.grpc.HandlerRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Answers what the embedded etcd does not have with a text that says so.
 */
final class MissingMethods extends HandlerRegistry {

	@Override
	public ServerMethodDefinition<?, ?> lookupMethod(String methodName, @Nullable String authority) {
		MethodDescriptor<byte[], byte[]> method = MethodDescriptor.<byte[], byte[]>newBuilder()
			.setType(MethodType.UNKNOWN)
			.setFullMethodName(methodName)
			.setRequestMarshaller(new BytesMarshaller())
			.setResponseMarshaller(new BytesMarshaller())
			.build();
		return ServerMethodDefinition.create(method, (call, headers) -> {
			call.close(Status.UNIMPLEMENTED.withDescription("The embedded etcd does not have " + methodName
					+ ": it is for tests and first runs. Use etcd itself for that"), headers);
			return new ServerCall.Listener<>() {
			};
		});
	}

}
