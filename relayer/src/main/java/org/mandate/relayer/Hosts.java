package org.mandate.relayer;

import java.net.URI;

/** How an address is shown to people: what stands in it beside its host is often a password. */
public final class Hosts {
  private Hosts() {}

  /** Scheme, host and port; neither user, path nor query. */
  public static String shown(URI url) {
    return url.getScheme() + "://" + url.getHost() + (url.getPort() < 0 ? "" : ":" + url.getPort());
  }
}
