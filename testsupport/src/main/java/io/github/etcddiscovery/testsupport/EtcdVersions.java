package io.github.etcddiscovery.testsupport;

import java.util.List;

/**
 * Selects the etcds that a test runs on. Where only one is installed, it is that one,
 * whatever its version.
 */
public enum EtcdVersions {

	/** All that are installed. */
	ALL {
		@Override
		public List<EtcdBinary> of(List<EtcdBinary> found) {
			return found;
		}
	},

	/** The versions that the etcd project maintains. */
	MAINTAINED {
		@Override
		public List<EtcdBinary> of(List<EtcdBinary> found) {
			List<EtcdBinary> maintained = found.stream().filter(EtcdBinary::isMaintained).toList();
			return maintained.isEmpty() ? found : maintained;
		}
	},

	/**
	 * The oldest and the newest maintained version, for tests for which those in between
	 * make no difference.
	 */
	OLDEST_AND_NEWEST_MAINTAINED {
		@Override
		public List<EtcdBinary> of(List<EtcdBinary> found) {
			List<EtcdBinary> maintained = MAINTAINED.of(found);
			return (maintained.size() < 3) ? maintained
					: List.of(maintained.get(0), maintained.get(maintained.size() - 1));
		}
	};

	/** Selects from the installed ones, oldest first. */
	public abstract List<EtcdBinary> of(List<EtcdBinary> found);

}
