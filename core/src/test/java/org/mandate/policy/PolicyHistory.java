package org.mandate.policy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.mandate.audit.HashChain;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;

/** Makes up mandates, intents and times, near the limits more often than chance would. */
final class PolicyHistory {
  static final BigInteger HOME = BigInteger.valueOf(31337);
  static final List<BigInteger> OTHER_CHAINS =
      List.of(BigInteger.TEN, BigInteger.TWO.pow(96).subtract(BigInteger.ONE));
  private static final List<BigInteger> CHAINS =
      List.of(HOME, OTHER_CHAINS.get(0), OTHER_CHAINS.get(1));
  private static final BigInteger UNKNOWN_CHAIN = BigInteger.valueOf(99);
  static final Address TOKEN = address(0xa1);
  private static final List<Address> ASSETS = List.of(Address.ZERO, TOKEN);
  private static final List<Address> PAYEES = List.of(address(0xb1), address(0xb2));
  private static final int MAX_WINDOW = Terms.MAX_WINDOW;

  /** Who tries to change a mandate. */
  enum Who {
    GOVERNANCE,
    OWNER,
    STRANGER
  }

  /** What happens to one agent in one block. */
  sealed interface Move {
    record Consume(Intent intent, Finding found) implements Move {}

    /** Governance, or for a higher one the owner, sets it in the registry. */
    record SetRiskLevel(Who who, int level) implements Move {}

    record Change(Who who, PolicyChange change) implements Move {}

    record SetStatus(AgentStatus status) implements Move {}

    /** The executor gives back what an intent was counted for. */
    record Refund(Address asset, BigInteger amount, long consumedAt) implements Move {}

    /** The agent's key, or a stranger's, asks the account itself. */
    record Pay(boolean byAgent, Address asset, Address to, BigInteger amount) implements Move {}

    /** Governance sets a limit that cannot be kept exactly. */
    record Inexact(Address asset, BigInteger perTransaction, BigInteger cap, int window)
        implements Move {}

    record Append() implements Move {}

    record Publish() implements Move {}
  }

  /** An intent that was counted. */
  private record Counted(Address asset, BigInteger amount, long at) {}

  /** An agent as the evaluator sees it. */
  static final class Agent {
    private final BigInteger id;
    private final List<Move> plan = new ArrayList<>();
    private final List<Counted> counted = new ArrayList<>(); // the last ones
    private Mandate mandate = Mandate.EMPTY;
    private AgentStatus status = AgentStatus.PENDING;
    private long records;
    private long published;
    private long nonce;
    private long stops;
    private long suspensions;
    private boolean planned;
    private int riskLevel; // in the registry
    private boolean known; // its account knows its key
    private HashChain chain = HashChain.EMPTY;

    Agent(BigInteger id) {
      this.id = id;
    }

    BigInteger id() {
      return id;
    }

    Mandate mandate() {
      return mandate;
    }

    AgentStatus status() {
      return status;
    }

    long unpublished() {
      return records - published;
    }

    long published() {
      return published;
    }

    void become(Mandate next) {
      mandate = next;
    }

    void become(AgentStatus next, long now) {
      status = next;
      known = true; // only an activation moves it out of PENDING
      mandate = mandate.withRiskLevel(riskLevel, now);
      if (next == AgentStatus.SUSPENDED) {
        suspensions++;
      }
    }

    int riskLevel() {
      return riskLevel;
    }

    void become(int nextRiskLevel, long now) {
      riskLevel = nextRiskLevel;
      if (known) {
        mandate = mandate.withRiskLevel(riskLevel, now);
      }
    }

    void stop() {
      stops++;
    }

    BigInteger stops() {
      return BigInteger.valueOf(stops);
    }

    BigInteger suspensions() {
      return BigInteger.valueOf(suspensions);
    }

    void count(Intent intent, long now) {
      counted.add(new Counted(intent.asset(), intent.amount(), now));
      if (counted.size() > 12) {
        counted.removeFirst();
      }
    }

    void append(Hash recordHash) {
      records++;
      chain = chain.append(recordHash);
    }

    HashChain chain() {
      return chain;
    }

    void publish() {
      published = records;
    }
  }

  private final Random random;
  private int breakers;

  PolicyHistory(Random random) {
    this.random = random;
  }

  /**
   * Seconds until the next block, at least 1; often to a second at which something changes for one
   * of the agents.
   */
  long pause(List<Agent> agents, long now) {
    if (random.nextInt(3) == 0) {
      long until = turningPoint(agents, now) + random.nextInt(3) - 1 - now;
      if (until > 0 && until < 100_000) {
        return until;
      }
    }
    int choice = random.nextInt(100);
    int most =
        choice < 45 ? 5 : choice < 70 ? 60 : choice < 88 ? 3_600 : choice < 97 ? 90_000 : 3_000_000;
    return 1 + random.nextInt(most);
  }

  /** When the next mandate expires, or when one of some agent's windows begins a bucket. */
  private long turningPoint(List<Agent> agents, long now) {
    Mandate mandate = pick(agents).mandate();
    return switch (random.nextInt(5)) {
      case 0 ->
          agents.stream()
              .mapToLong(agent -> agent.mandate().terms().expiry())
              .filter(at -> at > now)
              .min()
              .orElse(now);
      case 1 -> nextBucket(mandate.transactions(), now);
      case 2 -> nextBucket(mandate.pace().transactions(), now);
      case 3 -> mandate.pace().restedAt(mandate.tempo(), mandate.riskLevel());
      default -> nextBucket(mandate.asset(pick(ASSETS)).usage().window(), now);
    };
  }

  private long nextBucket(RollingWindow window, long now) {
    return (now / window.bucketSeconds() + 1 + random.nextInt(RollingWindow.BUCKETS))
        * window.bucketSeconds();
  }

  Move next(Agent agent, long now) {
    if (!agent.planned) {
      agent.planned = true;
      plan(agent, now);
    }
    if (!agent.plan.isEmpty()) {
      return agent.plan.removeFirst();
    }
    List<Address> droppable =
        ASSETS.stream().filter(asset -> agent.mandate.asset(asset).isDroppable(now)).toList();
    if (!droppable.isEmpty() && random.nextInt(3) == 0) {
      return governance(new PolicyChange.DropAsset(pick(droppable)));
    }
    boolean stopped =
        agent.status != AgentStatus.ACTIVE
            || agent.mandate.frozen()
            || now > agent.mandate.terms().expiry();
    if (stopped && agent.status != AgentStatus.REVOKED && random.nextInt(2) > 0) {
      return restart(agent, now);
    }
    if (agent.unpublished() > agent.mandate.terms().maxAuditLag() && random.nextInt(3) == 0) {
      return new Move.Publish();
    }
    if (!agent.counted.isEmpty() && random.nextInt(10) == 0) {
      return refund(agent, now);
    }
    int choice = random.nextInt(1000);
    if (choice < 820) {
      Intent asked = intent(agent, now);
      return agent.known && !agent.mandate.terms().equals(Terms.NEVER_SET) && random.nextBoolean()
          ? new Move.Pay(random.nextInt(40) > 0, asked.asset(), asked.to(), asked.amount())
          : new Move.Consume(asked, found(asked));
    }
    if (choice < 826) {
      return inexact();
    }
    if (choice < 860) {
      return new Move.Append();
    }
    if (choice < 868) {
      return status(agent);
    }
    if (choice < 880) {
      Who who = random.nextBoolean() ? Who.GOVERNANCE : Who.OWNER;
      return new Move.SetRiskLevel(who, (agent.riskLevel + 1 + random.nextInt(3)) % 4);
    }
    Who who = choice < 930 ? Who.GOVERNANCE : choice < 980 ? Who.OWNER : Who.STRANGER;
    return new Move.Change(who, who == Who.OWNER ? aboutSame(agent, now) : change(now));
  }

  /** Something that might be asked of the agent's mandate at {@code now}. */
  Move.Consume question(Agent agent, long now) {
    Intent asked = intent(agent, now);
    return new Move.Consume(asked, found(asked));
  }

  /** Mostly what there is to give back, or less; now and then more, or of another time. */
  private Move refund(Agent agent, long now) {
    Counted one = pick(agent.counted);
    BigInteger amount =
        switch (random.nextInt(6)) {
          case 0 -> below(one.amount().add(BigInteger.ONE));
          case 1 -> new BigInteger(256, random);
          case 2 -> rounded(one.amount());
          default -> one.amount();
        };
    Usage usage = agent.mandate.asset(one.asset()).usage();
    long at =
        switch (random.nextInt(16)) {
          case 0 -> usage.redatedAt() + random.nextInt(3) - 1;
          case 1 -> now + random.nextInt(3) - 1;
          case 2 -> one.at() + (random.nextInt(5) - 2) * usage.window().bucketSeconds();
          case 3 -> random.nextLong(1L << 40);
          default -> one.at();
        };
    return new Move.Refund(one.asset(), amount, Math.max(0, at));
  }

  /** What governance grants at first: mostly enough to spend, in any order. */
  private void plan(Agent agent, long now) {
    List<Move> grants = new ArrayList<>();
    grants.add(new Move.SetStatus(AgentStatus.ACTIVE));
    grants.add(governance(new PolicyChange.SetTerms(terms(now))));
    if (random.nextBoolean()) {
      grants.add(governance(new PolicyChange.SetTempo(tempo())));
    }
    for (Address asset : ASSETS) {
      grants.add(governance(new PolicyChange.SetLimit(asset, limit())));
      for (BigInteger chain : CHAINS) {
        grants.add(governance(new PolicyChange.SetAssetChain(asset, chain, true)));
      }
    }
    for (Address payee : PAYEES) {
      for (BigInteger chain : CHAINS) {
        grants.add(governance(new PolicyChange.SetRecipient(new Recipient(chain, payee), true)));
      }
    }
    Collections.shuffle(grants, random);
    if (random.nextInt(4) == 0) { // something that governance thinks better of
      Address asset = pick(ASSETS);
      AssetLimit nothing = new AssetLimit(BigInteger.ONE, BigInteger.ZERO, window());
      agent.plan.add(governance(new PolicyChange.SetLimit(asset, nothing)));
      agent.plan.add(governance(new PolicyChange.SetAssetChain(asset, pick(CHAINS), true)));
      agent.plan.add(governance(new PolicyChange.DropAsset(asset)));
    }
    agent.plan.addAll(grants.subList(0, grants.size() - random.nextInt(2)));
  }

  private Move restart(Agent agent, long now) {
    if (agent.status != AgentStatus.ACTIVE) {
      return new Move.SetStatus(AgentStatus.ACTIVE);
    }
    return agent.mandate.frozen()
        ? governance(new PolicyChange.Thaw())
        : governance(new PolicyChange.SetTerms(terms(now)));
  }

  private Move status(Agent agent) {
    return switch (agent.status) {
      case PENDING, SUSPENDED -> new Move.SetStatus(AgentStatus.ACTIVE);
      case ACTIVE ->
          new Move.SetStatus(random.nextInt(20) == 0 ? AgentStatus.REVOKED : AgentStatus.SUSPENDED);
      case REVOKED -> new Move.Append();
    };
  }

  private static Move governance(PolicyChange change) {
    return new Move.Change(Who.GOVERNANCE, change);
  }

  // ------------------------------------------------------------------ intents

  private Intent intent(Agent agent, long now) {
    Address asset = random.nextInt(60) == 0 ? address(0xa9) : pick(ASSETS);
    return new Intent(
        agent.id(),
        address(0xc1),
        random.nextInt(60) == 0 ? UNKNOWN_CHAIN : pick(CHAINS),
        asset,
        random.nextInt(60) == 0 ? address(0xb9) : pick(PAYEES),
        amount(agent.mandate, asset, now),
        random.nextInt(20) == 0 ? Bytes.of("0x01020304") : Bytes.EMPTY,
        BigInteger.valueOf(agent.nonce++),
        BigInteger.valueOf(now + 60));
  }

  /** What the rules beyond the basic ones may say of it. */
  private Finding found(Intent intent) {
    boolean call = !intent.data().isEmpty();
    if (call && random.nextInt(4) == 0) {
      return Finding.ofForbiddenCall();
    }
    Address recipient = !call ? intent.to() : random.nextBoolean() ? Address.ZERO : pick(PAYEES);
    if (random.nextInt(12) == 0) {
      return Finding.refused(
          Rule.RULE_BOOK,
          address(0xd1 + random.nextInt(3)),
          new BigInteger(256, random),
          new BigInteger(256, random),
          random.nextLong(Long.MAX_VALUE),
          recipient);
    }
    return Finding.admitted(
        Tier.values()[random.nextInt(4)], random.nextInt(Thresholds.MAX_DELAY), recipient);
  }

  private BigInteger amount(Mandate mandate, Address asset, long now) {
    AssetLimit limit = mandate.limit(asset);
    BigInteger left = mandate.asset(asset).usage().at(now).left(limit.cap());
    BigInteger most = left.min(limit.perTransaction());
    return switch (random.nextInt(24)) {
      case 0 -> BigInteger.ZERO;
      case 1 -> limit.perTransaction();
      case 2 -> limit.perTransaction().add(BigInteger.ONE);
      case 3 -> left;
      case 4 -> left.add(BigInteger.ONE);
      case 5 -> new BigInteger(256, random);
      case 6 -> limit.cap();
      case 7 -> BigInteger.ONE;
      case 8, 9, 10, 11, 12 -> most;
      // as people write amounts: a few digits and zeros, and parts that fill the cap exactly
      case 13, 14, 15 -> rounded(most.divide(BigInteger.valueOf(1 + random.nextInt(4))));
      case 16, 17 -> limit.cap().divide(BigInteger.valueOf(1 + random.nextInt(5)));
      default -> below(most.shiftRight(random.nextInt(5)).add(BigInteger.ONE)).add(BigInteger.ONE);
    };
  }

  // ------------------------------------------------------------------ mandates

  private PolicyChange change(long now) {
    return switch (random.nextInt(13)) {
      case 12 -> new PolicyChange.DropAsset(pick(ASSETS));
      case 10, 11 -> new PolicyChange.SetTempo(tempo());
      case 0, 1 -> new PolicyChange.SetTerms(terms(now));
      case 2, 3, 4, 5 -> new PolicyChange.SetLimit(pick(ASSETS), limit());
      case 6 -> new PolicyChange.SetAssetChain(pick(ASSETS), pick(CHAINS), random.nextInt(3) > 0);
      case 7 ->
          new PolicyChange.SetRecipient(
              new Recipient(pick(CHAINS), pick(PAYEES)), random.nextInt(3) > 0);
      case 8 -> new PolicyChange.Freeze();
      default -> new PolicyChange.Thaw();
    };
  }

  /** A change that is a little tighter or a little looser than what holds, field by field. */
  private PolicyChange aboutSame(Agent agent, long now) {
    Terms terms = agent.mandate.terms();
    Address asset = pick(ASSETS);
    AssetLimit limit = agent.mandate.limit(asset);
    Tempo tempo = agent.mandate.tempo();
    return switch (random.nextInt(7)) {
      case 5, 6 -> {
        int burst = (int) near(tempo.burst(), 0, 255);
        yield new PolicyChange.SetTempo(
            new Tempo(
                burst,
                (int) near(tempo.burstWindow(), burst > 0 ? 1 : 0, MAX_WINDOW),
                (int) near(tempo.cooldown(), 0, (1 << 24) - 1)));
      }
      case 0, 1 ->
          new PolicyChange.SetTerms(
              new Terms(
                  near(terms.expiry(), 0, (1L << 32) - 1),
                  (int) near(terms.frequencyWindow(), 1, MAX_WINDOW),
                  (int) near(terms.maxTransactions(), 0, 65_535),
                  (int) near(terms.maxAuditLag(), 0, Terms.MAX_AUDIT_LAG),
                  random.nextInt(5) == 0 ? !terms.basic() : terms.basic(),
                  random.nextInt(5) == 0 ? !terms.open() : terms.open()));
      case 2, 3 ->
          new PolicyChange.SetLimit(
              asset,
              exact(
                  near(limit.perTransaction()),
                  near(limit.cap()),
                  (int) near(limit.window(), 1, MAX_WINDOW)));
      default -> change(now);
    };
  }

  private Terms terms(long now) {
    long expiry = random.nextInt(4) == 0 ? now + random.nextInt(10_000) : (1L << 32) - 1;
    int max = random.nextInt(8) == 0 ? random.nextInt(65_536) : random.nextInt(25);
    int lag = random.nextInt(3) == 0 ? random.nextInt(3) : 3 + random.nextInt(200);
    return new Terms(expiry, window(), max, lag, random.nextInt(3) > 0, random.nextInt(5) == 0);
  }

  private Tempo tempo() {
    return new Tempo(
        random.nextInt(3) == 0 ? 0 : random.nextInt(30) == 0 ? 255 : 1 + random.nextInt(6),
        window(),
        random.nextInt(3) == 0 ? 0 : random.nextInt(1 << random.nextInt(25)));
  }

  /** Half of them as people write them, with a per-transaction cap that divides the window's. */
  private AssetLimit limit() {
    if (random.nextInt(2) == 0) {
      BigInteger cap = decimal();
      return exact(cap.divide(BigInteger.valueOf(1 + random.nextInt(5))), cap, window());
    }
    BigInteger cap =
        random.nextInt(25) == 0 ? BigInteger.ZERO : new BigInteger(1 + random.nextInt(104), random);
    BigInteger perTransaction =
        random.nextInt(4) == 0
            ? new BigInteger(1 + random.nextInt(104), random)
            : cap.shiftRight(random.nextInt(5))
                .add(BigInteger.valueOf(random.nextInt(2)))
                .min(maxAmount());
    return exact(perTransaction, cap, window());
  }

  private static AssetLimit exact(BigInteger perTransaction, BigInteger cap, int window) {
    return new AssetLimit(
        AssetLimit.nearestPerTransaction(perTransaction), AssetLimit.nearestCap(cap), window);
  }

  /** One digit more than can be kept: of the cap, or of the per-transaction cap. */
  private Move inexact() {
    BigInteger zeros = BigInteger.TEN.pow(random.nextInt(24));
    BigInteger digits = BigInteger.valueOf(1 + 10L * (16_384 + random.nextInt(16_000)));
    return random.nextBoolean()
        ? new Move.Inexact(pick(ASSETS), digits.multiply(zeros), BigInteger.TEN, 60)
        : new Move.Inexact(
            pick(ASSETS),
            BigInteger.ONE,
            digits.multiply(BigInteger.valueOf(100)).add(BigInteger.ONE).multiply(zeros),
            60);
  }

  /** One of the breakers above the agents. */
  Breaker breaker() {
    return switch (breakers++ % 4) { // each of them, also in a short history
      case 0 -> new Breaker.Everything();
      case 1 -> new Breaker.OfChain(HOME);
      case 2 -> new Breaker.OfChain(pick(OTHER_CHAINS));
      default -> new Breaker.OfAsset(pick(ASSETS));
    };
  }

  /** One to seven significant digits and zeros: five always fit the units of a cap. */
  private BigInteger decimal() {
    int digits = 1 + random.nextInt(7);
    return below(BigInteger.TEN.pow(digits).subtract(BigInteger.ONE))
        .add(BigInteger.ONE)
        .multiply(BigInteger.TEN.pow(random.nextInt(32 - digits)))
        .min(maxAmount());
  }

  /** Down to its first few digits. */
  private BigInteger rounded(BigInteger value) {
    int zeros = Math.max(0, value.toString().length() - 1 - random.nextInt(8));
    BigInteger last = BigInteger.TEN.pow(zeros);
    return value.divide(last).multiply(last);
  }

  private int window() {
    return switch (random.nextInt(6)) {
      case 0 -> 1 + random.nextInt(20);
      case 1 -> 3_600;
      case 2 -> 86_400 * (1 + random.nextInt(30));
      case 3 -> MAX_WINDOW - random.nextInt(3);
      default -> 1 + random.nextInt(1 << (1 + random.nextInt(21)));
    };
  }

  private long near(long value, long least, long most) {
    return Math.clamp(value + (random.nextInt(3) > 0 ? 0 : random.nextInt(5) - 2), least, most);
  }

  private BigInteger near(BigInteger value) {
    BigInteger moved =
        value.add(BigInteger.valueOf(random.nextInt(3) > 0 ? 0 : random.nextInt(5) - 2));
    return moved.max(BigInteger.ZERO).min(maxAmount());
  }

  private static BigInteger maxAmount() {
    return BigInteger.TWO.pow(104).subtract(BigInteger.ONE);
  }

  private BigInteger below(BigInteger bound) {
    return new BigInteger(bound.bitLength() + 16, random).mod(bound);
  }

  private <T> T pick(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  private static Address address(int last) {
    return Address.of("0x" + "0".repeat(38) + Integer.toHexString(last));
  }
}
