package org.mandate.audit;

import java.net.URI;

/** Base addresses of HTTP services. */
final class HttpAddress {
  private HttpAddress() {}

  /** {@code address} with a path that ends in a slash, so that relative paths resolve below it. */
  static URI base(URI address) {
    boolean http = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
    if (!http
        || address.getHost() == null
        || address.getQuery() != null
        || address.getFragment() != null) {
      throw new IllegalArgumentException(
          "not an http or https address without query: " + BlobHttp.address(address));
    }
    return address.getPath().endsWith("/") ? address : URI.create(address + "/");
  }
}
