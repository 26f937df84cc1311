package io.github.etcddiscovery.testsupport;

import java.util.List;

/**
 * On which of the etcds of this machine a test runs. Where only one is installed, it is
 * that one, whatever its version.
 */
public enum EtcdVersions {

	/** All of them: for the contract that every etcd has to keep. */
	ALL {
		@Override
		List<EtcdBinary> of(List<EtcdBinary> found) {
			return found;
		}
	},

	/** Those that the etcd project maintains. */
	MAINTAINED {
		@Override
		List<EtcdBinary> of(List<EtcdBinary> found) {
			List<EtcdBinary> maintained = found.stream().filter(EtcdBinary::isMaintained).toList();
			return maintained.isEmpty() ? found : maintained;
		}
	},

	/** The ends of {@link #MAINTAINED}: for what versions in between do not change. */
	OLDEST_AND_NEWEST_MAINTAINED {
		@Override
		List<EtcdBinary> of(List<EtcdBinary> found) {
			List<EtcdBinary> maintained = MAINTAINED.of(found);
			return (maintained.size() < 3) ? maintained
					: List.of(maintained.get(0), maintained.get(maintained.size() - 1));
		}
	};

	abstract List<EtcdBinary> of(List<EtcdBinary> found);

}
