package org.mandate.policy;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;

/**
 * What amounts are worth in US dollars ({@code PriceFeeds.sol}). The same for all agents.
 * Immutable.
 *
 * @param feeds by the place of the asset; what is not there has no price
 */
public record Prices(Map<Place, PriceFeed> feeds, Sequencer sequencer) {
  public static final Prices NONE = new Prices(Map.of(), Sequencer.NONE);

  /** Where an asset is: what is worth something here says nothing of its address elsewhere. */
  public record Place(BigInteger chainId, Address asset) {}

  public Prices {
    feeds = Map.copyOf(feeds);
  }

  public Prices with(Place place, PriceFeed feed) {
    Map<Place, PriceFeed> all = new HashMap<>(feeds);
    all.put(place, feed);
    return new Prices(all, sequencer);
  }

  public Prices with(Sequencer next) {
    return new Prices(feeds, next);
  }

  /** Dollars of 8 decimals, rounded up; empty when there is no price that counts at {@code now}. */
  public Optional<BigInteger> usd(Place place, BigInteger amount, long now, Answers answers) {
    PriceFeed feed = feeds.getOrDefault(place, PriceFeed.NONE);
    return feed.checksSequencer() && !sequencer.isUp(now, answers)
        ? Optional.empty()
        : feed.price(now, answers).map(price -> feed.worth(amount, price));
  }
}
