package io.github.etcddiscovery.cloud;

/**
 * The ports that the servers of a context are bound to, as they are and not as properties
 * ask for them. Those of its parents and children do not count.
 */
public interface BoundPorts {

	/** Of a context without a web server. */
	BoundPorts NONE = new BoundPorts() {

		@Override
		public int server() {
			return 0;
		}

		@Override
		public int management() {
			return 0;
		}

	};

	/**
	 * Returns the port of the web server.
	 * @return the port, 0 as long as there is none
	 */
	int server();

	/**
	 * Returns the port of the management server, if that is a server of its own.
	 * @return the port, 0 as long as there is none
	 */
	int management();

}
