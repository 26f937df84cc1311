package io.github.etcddiscovery.benchmarks.performance;

import java.util.Locale;

/**
 * How a process follows what is in etcd.
 */
enum Kind {

	/** jetcd's watch and nothing else: the floor. */
	RAW_WATCH("jetcd's watch alone"),

	/** This starter, asked through Spring Cloud's interfaces. */
	STARTER("this starter"),

	/** That of IBM's etcd-java. */
	RANGE_CACHE("etcd-java's RangeCache"),

	/** All entries are read again after every change, in Go. */
	GO_KIT("go-kit's way");

	private final String title;

	Kind(String title) {
		this.title = title;
	}

	/** What stands before its own part of what is in etcd. */
	String prefix() {
		return "/" + name().toLowerCase(Locale.ROOT).replace('_', '-') + "/";
	}

	/** The entry that is changed and looked for. */
	String probe() {
		return prefix() + Population.PROBE + "/instance";
	}

	@Override
	public String toString() {
		return this.title;
	}

}
