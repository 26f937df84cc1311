/**
 * Test helpers for all modules.
 * <ul>
 * <li>etcd: {@link EtcdProcess} starts one, {@link ClusterLab} three in network
 * namespaces, {@link TestUsers} one with authentication; {@link EtcdEyes} reads and
 * writes in it without this project's code; {@link EtcdBinary} finds the programs.
 * {@link OnEveryEtcd}, {@link RequiresEtcd} and {@link RequiresNamespaces} say what a
 * test class needs.</li>
 * <li>the network: {@link TcpProxy} and {@link GrpcProxy} simulate failures,
 * {@link DnsServer} answers as it is told, {@link LoopbackPorts} gives ports that stay
 * free.</li>
 * <li>applications: {@link TestApplications} in this JVM, {@link ApplicationProcess} in
 * one of their own, {@link EtcdApplicationTests} as a base class,
 * {@link LoadBalancedClients} to call others.</li>
 * <li>certificates: {@link TestCertificates}, {@link TestAuthority}.</li>
 * <li>the rest: {@link Document} reads pages of the documentation, {@link GoPrograms}
 * builds the programs in Go, {@link QuietLogs} silences this project's loggers,
 * {@link LongestWaits} chooses the longest of random waits.</li>
 * </ul>
 */
package io.github.etcddiscovery.testsupport;
