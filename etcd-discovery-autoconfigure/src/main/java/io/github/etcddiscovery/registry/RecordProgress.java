package io.github.etcddiscovery.registry;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.support.OpenOperation;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.support.Telemetry.Kind;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has come of a record: whether it is in etcd, or why etcd refuses it. Changed on
 * the registrar's loop.
 */
final class RecordProgress {

	private static final Logger logger = LoggerFactory.getLogger(RecordKeeper.class);

	private final String name;

	private CompletableFuture<Void> registered = new CompletableFuture<>();

	private volatile @Nullable EtcdException refusal;

	private final OpenOperation operation;

	/** Of a record that is wanted. */
	RecordProgress(String key, String name, Telemetry telemetry) {
		this.name = name;
		this.operation = new OpenOperation(telemetry, key);
		missing();
	}

	/** etcd does not have it, or has it under another's lease. */
	void missing() {
		this.operation.begin(Kind.REGISTER);
	}

	/** Another value is wanted, whether or not the last one is in etcd. */
	void awaited() {
		if (this.registered.isDone()) {
			this.registered = new CompletableFuture<>();
		}
	}

	/** Completes when etcd holds what is wanted, or refuses it the next time. */
	CompletableFuture<Void> registered() {
		return this.registered;
	}

	/**
	 * Why etcd will not have it as things are, {@code null} if that is not so. May be
	 * called from any thread.
	 */
	@Nullable EtcdException refusal() {
		return this.refusal;
	}

	/** It is in etcd, though perhaps not as it is wanted by now. */
	void written() {
		this.operation.end(null);
	}

	/** etcd holds what is wanted. */
	void succeeded() {
		this.refusal = null;
		this.registered.complete(null);
	}

	/** It is not wanted any more. */
	void leaving() {
		this.operation.end(new CancellationException(this.name + " is not wanted any more"));
		this.operation.begin(Kind.DEREGISTER);
		this.refusal = null;
		this.registered.cancel(false);
	}

	/** It has left. */
	void gone() {
		this.operation.end(null);
	}

	/** It is left to its lease. May be called from any thread. */
	void givenUp() {
		this.operation.close(new CancellationException(this.name + " is left to its lease"));
	}

	/** etcd will not have it; it is tried again now and then. */
	void refused(RecordState state, EtcdException cause) {
		if (this.refusal == null) {
			logger.error("{} is not {}: {}", this.name, switch (state) {
				case REGISTERED -> "changed";
				case LEAVING -> "deregistered";
				default -> "registered";
			}, cause.getMessage());
		}
		this.refusal = cause;
		this.operation.retry(cause);
		CompletableFuture<Void> refused = this.registered;
		this.registered = new CompletableFuture<>();
		refused.completeExceptionally(cause);
	}

}
