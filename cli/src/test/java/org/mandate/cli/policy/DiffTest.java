package org.mandate.cli.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.policy.AssetLimit;
import org.mandate.policy.AssetMandate;
import org.mandate.policy.Mandate;
import org.mandate.policy.Tempo;
import org.mandate.policy.Terms;
import org.mandate.policy.Usage;

class DiffTest {
  @Test
  void L12_shouldSayThatNothingWasSetInsteadOfShowingZeros() {
    var wanted =
        Mandate.uncounted(
            new Terms(1_830_211_200, 3_600, 20, 50, true, false),
            new Tempo(3, 60, 10),
            false,
            Map.of(
                Address.ZERO,
                new AssetMandate(
                    new AssetLimit(BigInteger.ONE, BigInteger.TWO, 86_400), Set.of(), Usage.NONE)),
            Set.of());
    assertEquals(
        List.of(
            "LOOSER expiry: not set (nothing is admitted) -> 2027-12-31T00:00:00Z",
            "LOOSER frequency-window: not set -> 1h",
            "LOOSER max-transactions: not set -> 20",
            "LOOSER max-audit-lag: not set -> 50",
            "LOOSER basic: no -> yes",
            "TIGHTER burst: no rule -> 3",
            "TIGHTER burst-window: 0 -> 1m",
            "TIGHTER cooldown: 0 -> 10s",
            "LOOSER native coin per-transaction: not set -> 1 wei (0.000000000000000001 coins)",
            "LOOSER native coin cap: not set -> 2 wei (0.000000000000000002 coins)",
            "LOOSER native coin window: not set -> 1d"),
        Diff.between(Mandate.EMPTY, wanted).lines().stream()
            .map(l -> "%s %s: %s -> %s".formatted(l.direction(), l.field(), l.before(), l.after()))
            .toList());
  }
}
