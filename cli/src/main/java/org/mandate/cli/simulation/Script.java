package org.mandate.cli.simulation;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.SignedIntent;

/** Which intents agents ask for, and when: hours and days apart. */
final class Script {
  private static final Duration LIFETIME = Duration.ofDays(5);

  /** More of what is common. */
  private static final List<Plan.Kind> KINDS =
      List.of(
          Plan.Kind.INSTANT,
          Plan.Kind.INSTANT,
          Plan.Kind.INSTANT,
          Plan.Kind.DELAYED,
          Plan.Kind.APPROVED,
          Plan.Kind.UNAPPROVED,
          Plan.Kind.CANCELLED,
          Plan.Kind.ACROSS,
          Plan.Kind.ACROSS,
          Plan.Kind.ACROSS_DELAYED,
          Plan.Kind.DISPUTED,
          Plan.Kind.UPHELD,
          Plan.Kind.DENIED,
          Plan.Kind.HASTY);

  private Script() {}

  /**
   * @param from virtual milliseconds at which it begins
   * @param length over which the intents are spread
   */
  static List<Plan> of(Ground ground, Dice dice, int intents, long from, Duration length) {
    IntentDomain domain =
        new IntentDomain(BigInteger.valueOf(Ground.HOME), ground.home().executor());
    List<Plan> plans = new ArrayList<>();
    long at = from;
    for (int i = 0; i < intents; i++) {
      // Some come together, others have the place to themselves.
      if (!dice.in1000(300)) at += dice.between(60_000, 2 * length.toMillis() / intents);
      Plan.Kind kind = dice.one(KINDS);
      long amount =
          10
              + i
              + switch (kind) {
                case DELAYED, CANCELLED, ACROSS_DELAYED -> Ground.DELAYED;
                case APPROVED, UNAPPROVED -> Ground.APPROVED;
                default -> 0;
              };
      boolean careless = kind == Plan.Kind.DENIED;
      int agent = careless ? Ground.AGENTS - 1 : (int) dice.between(0, Ground.AGENTS - 2);
      boolean across =
          switch (kind) {
            case ACROSS, ACROSS_DELAYED, DISPUTED, UPHELD -> true;
            default -> false;
          };
      Duration lifetime =
          kind == Plan.Kind.HASTY ? Duration.ofSeconds(dice.between(20, 900)) : LIFETIME;
      Intent intent =
          new Intent(
              ground.agents().get(agent),
              ground.home().account(),
              BigInteger.valueOf(across ? Ground.REMOTE : Ground.HOME),
              ground.token(),
              careless ? Address.of("0x" + "ee".repeat(20)) : Ground.address("payee"),
              BigInteger.valueOf(amount),
              Bytes.EMPTY,
              BigInteger.valueOf(dice.between(0, Long.MAX_VALUE - 1)),
              BigInteger.valueOf(at / 1000 + lifetime.toSeconds()));
      SignedIntent signed = SignedIntent.sign(intent, domain, Ground.signer("agent " + agent));
      plans.add(new Plan(i, kind, at, intent, signed.signature(), intent.id(domain)));
    }
    plans.sort(Comparator.comparingLong(Plan::at));
    return List.copyOf(plans);
  }
}
