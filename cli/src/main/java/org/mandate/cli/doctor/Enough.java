package org.mandate.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.relayer.RelayerConfig;

/**
 * How much an account is to have on a chain: what its relayer warns below, by its settings or by
 * its own account, where one of them is known.
 */
final class Enough {
  /** Pays for a few hundred transactions at usual fees. */
  private static final BigInteger USUAL = BigInteger.TEN.pow(16);

  private record Purse(BigInteger chain, Address account) {}

  private final Map<Purse, BigInteger> known = new HashMap<>();

  /** What the settings say. */
  void add(RelayerConfig config) {
    config
        .chains()
        .forEach(
            chain ->
                known.put(
                    new Purse(BigInteger.valueOf(chain.id()), config.key().address()),
                    chain.balance().warnBelow().value()));
  }

  /**
   * What a relayer says.
   *
   * @param health its {@code /health/ready}; one of a former version says nothing of it
   */
  void add(JsonNode health) {
    var account = address(health.path("address").asText());
    health
        .path("chains")
        .properties()
        .forEach(
            chain -> {
              var least = chain.getValue().path("warnBelow").asText();
              if (account.isPresent()
                  && least.matches("[0-9]{1,78}")
                  && chain.getKey().matches("[0-9]{1,78}"))
                known.put(
                    new Purse(new BigInteger(chain.getKey()), account.get()),
                    new BigInteger(least));
            });
  }

  BigInteger of(BigInteger chain, Address account) {
    return known.getOrDefault(new Purse(chain, account), USUAL);
  }

  private static Optional<Address> address(String text) {
    return text.matches("0x[0-9a-fA-F]{40}") ? Optional.of(Address.of(text)) : Optional.empty();
  }
}
