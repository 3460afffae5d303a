package org.mandate.cli;

/** Home, whose storage is shown, and the one other chain to which it is. */
public record HomePair(Chain home, Chain there) implements AutoCloseable {
  /**
   * @throws Failure unless a node of each was given, and no other
   */
  public static HomePair open(ChainOptions at) {
    var chains = at.open();
    var home = chains.stream().filter(chain -> chain.deployment().isHome()).findFirst();
    var there = chains.stream().filter(chain -> !chain.deployment().isHome()).toList();
    if (home.isEmpty() || there.size() != 1) {
      chains.forEach(Chain::close);
      throw new Failure(
          ExitCode.USAGE,
          "give --rpc of home, whose storage is shown, and of the one other chain that it is shown"
              + " to");
    }
    return new HomePair(home.get(), there.getFirst());
  }

  @Override
  public void close() {
    home.close();
    there.close();
  }
}
