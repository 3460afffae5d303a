package org.mandate.relayer;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** How an address is shown to people: what stands in it beside its host is often a password. */
public final class Hosts {
  private Hosts() {}

  /** Scheme, host and port; neither user, path nor query. */
  public static String shown(URI url) {
    return url.getScheme() + "://" + url.getHost() + (url.getPort() < 0 ? "" : ":" + url.getPort());
  }

  /** Each as {@link #shown}; those that look alike by then are numbered. */
  public static List<String> shownApart(List<URI> urls) {
    List<String> all = new ArrayList<>();
    for (URI url : urls) {
      String shown = shown(url);
      long before =
          all.stream().filter(one -> one.replaceAll(" #[0-9]+$", "").equals(shown)).count();
      all.add(before == 0 ? shown : shown + " #" + (before + 1));
    }
    return all;
  }
}
