package org.mandate.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.math.BigInteger;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;

/** Whoever may tighten a mandate names as many assets and recipients as they pay for. */
class MandateGrowthTest {
  private static final long NOW = 1_800_000_000;
  private static final int MANY = 40_000;

  @Test
  void L7_forbiddingWhatIsNotAllowedChangesNothing() {
    Mandate mandate = Mandate.EMPTY;
    mandate = new PolicyChange.SetAssetChain(address(1), BigInteger.ONE, false).apply(mandate, NOW);
    mandate =
        new PolicyChange.SetRecipient(new Recipient(BigInteger.ONE, address(2)), false)
            .apply(mandate, NOW);
    assertSame(Mandate.EMPTY, mandate);
    Mandate limited = limit(mandate, 3);
    assertSame(limited, limit(limited, 3), "the same limit again");
  }

  @Test
  void L7_manyAssetsAreReplayedInTime() {
    Mandate mandate =
        assertTimeoutPreemptively(
            Duration.ofSeconds(60),
            () -> {
              Mandate all = Mandate.EMPTY;
              for (int i = 1; i <= MANY; i++) {
                all = limit(all, i).counting(address(i), BigInteger.ONE, NOW);
              }
              return all;
            });
    assertEquals(MANY, mandate.assets().size());
    assertEquals(7, mandate.limit(address(MANY / 2)).window());
  }

  @Test
  void shouldHoldWhatAnyOtherMapHolds() {
    Random random = new Random(1);
    Map<Address, AssetMandate> expected = new HashMap<>();
    AssetMap map = AssetMap.EMPTY;
    for (int i = 0; i < 3_000; i++) {
      Address asset = address(i % 3 == 0 ? i : random.nextInt(1_000));
      AssetMandate mandate =
          new AssetMandate(
              new AssetLimit(BigInteger.ZERO, BigInteger.valueOf(i), 1), Set.of(), Usage.NONE);
      expected.put(asset, mandate);
      map = map.with(asset, mandate);
    }
    assertEquals(expected, map);
    assertEquals(expected.keySet().stream().sorted().toList(), map.keySet().stream().toList());
    assertEquals(AssetMandate.NONE, map.getOrDefault(address(999_999), AssetMandate.NONE));
  }

  private static Mandate limit(Mandate mandate, int asset) {
    return new PolicyChange.SetLimit(
            address(asset), new AssetLimit(BigInteger.ZERO, BigInteger.ZERO, 7))
        .apply(mandate, NOW);
  }

  private static Address address(int number) {
    return Address.of("0x%040x".formatted(number));
  }
}
