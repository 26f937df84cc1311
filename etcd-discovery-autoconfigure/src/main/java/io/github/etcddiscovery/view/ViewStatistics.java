package io.github.etcddiscovery.view;

/**
 * What a view holds and has done, for meters.
 *
 * @param instances how many instances it holds, rejected entries not counted
 * @param rejected how many entries it holds that cannot be read
 * @param withoutLease how many of the instances have no lease, and stay until somebody
 * deletes them
 * @param events how many changes it was told of since the start
 * @param resyncs how often it had to read everything again since the start
 */
public record ViewStatistics(int instances, int rejected, int withoutLease, long events, long resyncs) {

	static final ViewStatistics NONE = new ViewStatistics(0, 0, 0, 0, 0);

	ViewStatistics plus(ViewStatistics other) {
		return new ViewStatistics(this.instances + other.instances, this.rejected + other.rejected,
				this.withoutLease + other.withoutLease, this.events + other.events, this.resyncs + other.resyncs);
	}

}
