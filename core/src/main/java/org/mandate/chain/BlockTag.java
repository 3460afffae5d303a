package org.mandate.chain;

/** A block by its standing. */
public enum BlockTag {
  LATEST("latest"),
  PENDING("pending"),
  FINALIZED("finalized");

  private final String rpc;

  BlockTag(String rpc) {
    this.rpc = rpc;
  }

  String rpc() {
    return rpc;
  }
}
