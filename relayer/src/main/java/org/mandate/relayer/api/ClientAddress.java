package org.mandate.relayer.api;

import io.vertx.core.net.SocketAddress;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;

/**
 * What counts as one client: an IPv4 address, or the first 64 bits of an IPv6 address, since
 * whoever has one address of such a network has all of them (RFC 4291, RFC 6177).
 */
final class ClientAddress {
  private static final int NETWORK_BYTES = 8;

  private ClientAddress() {}

  /**
   * @param remote may be null: whoever is gone already has none
   */
  static String of(SocketAddress remote) {
    String host = remote == null ? null : remote.hostAddress();
    if (host == null) return "unknown";
    try {
      InetAddress address = InetAddress.getByName(host); // digits, so nobody is asked
      return address instanceof Inet6Address six
          ? HexFormat.ofDelimiter(":").formatHex(six.getAddress(), 0, NETWORK_BYTES) + "::/64"
          : address.getHostAddress();
    } catch (UnknownHostException e) {
      return host;
    }
  }
}
