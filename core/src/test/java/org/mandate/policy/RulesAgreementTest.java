package org.mandate.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.contracts.AccessManager;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.CallRules;
import org.mandate.contracts.MandateRules;
import org.mandate.contracts.PriceFeeds;
import org.mandate.contracts.RuleBook;
import org.mandate.contracts.Tiers;
import org.mandate.deploy.Call;
import org.mandate.deploy.DevChain;
import org.mandate.deploy.Sender;
import org.mandate.intent.Intent;
import org.web3j.tx.Contract;
import org.web3j.utils.Numeric;

/**
 * The real rules beyond the basic ones, on a real chain, against the evaluator's: random
 * permissions and thresholds of some agents, and random intents near them.
 */
class RulesAgreementTest {
  private static final int AGENTS = 12;
  private static final int CASES = 1_500;
  private static final BigInteger CHAIN = BigInteger.valueOf(31337);
  private static final Address ACCOUNT = address(0xc1);
  private static final List<Address> TARGETS =
      List.of(address(0xa1), address(0xa2), address(0xa3), ACCOUNT);
  private static final List<Address> ASSETS = List.of(Address.ZERO, address(0xa1), address(0xa2));
  private static final List<String> SELECTORS = List.of("0x095ea7b3", "0x11223344", "0x55667788");

  private final long seed = Long.getLong("mandate.l8.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final List<BeyondBasic> agents = new ArrayList<>();
  private final Map<Tier, Integer> tiers = new EnumMap<>(Tier.class);
  private int forbidden;
  private int calls;

  @Test
  void L8_rulesAndEvaluatorFindTheSame() throws Exception {
    try (DevChain chain = DevChain.start(CHAIN.longValueExact())) {
      MandateRules rules = deploy(chain);
      for (int i = 0; i < CASES; i++) {
        int agent = random.nextInt(AGENTS);
        Intent intent = intent(agent);
        int risk = random.nextInt(4);
        boolean basic = random.nextInt(5) == 0;
        Finding own =
            agents.get(agent).find(intent, risk, basic, Optional.empty(), Optional.empty());
        var said = rules.judge(contractIntent(intent), BigInteger.valueOf(risk), basic).send();
        assertEquals(
            finding(said),
            own,
            () -> "-Dmandate.l8.seed=" + seed + " " + intent + " " + agents.get(agent));
        tiers.merge(own.tier(), 1, Integer::sum);
        forbidden += own.rule() == Rule.SELECTOR ? 1 : 0;
        calls += own.rule() == Rule.NONE && !intent.data().isEmpty() ? 1 : 0;
      }
    }
    System.out.printf("%d cases: %s, %d calls, %d forbidden%n", CASES, tiers, calls, forbidden);
    assertEquals(Tier.values().length, tiers.size(), "seed " + seed + ": " + tiers);
    assertTrue(calls >= 20 && forbidden >= 20, "seed " + seed + ": " + calls + ", " + forbidden);
  }

  private MandateRules deploy(DevChain chain) throws Exception {
    var web3j = chain.web3j();
    var rich = DevChain.RICH;
    String authority =
        at(AccessManager.deploy(web3j, rich, Sender.NO_GAS, rich.getAddress()).send());
    String registry = at(AgentRegistry.deploy(web3j, rich, Sender.NO_GAS, authority).send());
    var callRules = CallRules.deploy(web3j, rich, Sender.NO_GAS, authority, registry).send();
    var book = RuleBook.deploy(web3j, rich, Sender.NO_GAS, authority, registry).send();
    var prices = PriceFeeds.deploy(web3j, rich, Sender.NO_GAS, authority).send();
    var tierRules =
        Tiers.deploy(web3j, rich, Sender.NO_GAS, authority, registry, at(prices)).send();
    List<Call> settings = new ArrayList<>();
    for (int agent = 0; agent < AGENTS; agent++) {
      settings.addAll(settings(agent, callRules, tierRules));
    }
    chain.sender(rich).sendAll(settings);
    return MandateRules.deploy(web3j, rich, Sender.NO_GAS, at(callRules), at(book), at(tierRules))
        .send();
  }

  /** Grants an agent something, here and there. */
  private List<Call> settings(int agent, CallRules callRules, Tiers tierRules) {
    List<Call> settings = new ArrayList<>();
    BeyondBasic own = BeyondBasic.EMPTY;
    BigInteger id = BigInteger.valueOf(agent + 1);
    for (Address target : TARGETS) {
      for (String selector : SELECTORS) {
        Permission permission = permission(selector);
        own = own.with(new Permission.Place(CHAIN, target, selector), permission);
        settings.add(
            Call.of(
                "permit",
                at(callRules),
                callRules.setPermission(
                    id,
                    CHAIN,
                    target.hex(),
                    Numeric.hexStringToByteArray(selector),
                    new CallRules.Permission(
                        BigInteger.valueOf(permission.kind().ordinal()),
                        BigInteger.valueOf(permission.amountWord()),
                        BigInteger.valueOf(permission.recipientWord()),
                        BigInteger.valueOf(permission.assetWord()),
                        permission.listed()))));
      }
    }
    List<Address> priced = new ArrayList<>(ASSETS);
    priced.add(BeyondBasic.USD);
    for (Address asset : priced) {
      boolean dollars = asset.equals(BeyondBasic.USD);
      Thresholds t =
          dollars && random.nextInt(4) > 0
              ? new Thresholds(Thresholds.NEVER, Thresholds.NEVER, 7, Thresholds.NEVER)
              : thresholds();
      own = own.with(asset, t);
      settings.add(
          Call.of(
              "thresholds",
              at(tierRules),
              tierRules.setThresholds(
                  id,
                  asset.hex(),
                  new Tiers.Thresholds(
                      t.notifyAbove(),
                      t.delayAbove(),
                      BigInteger.valueOf(t.delaySeconds()),
                      t.approvalAbove()))));
    }
    agents.add(own);
    return settings;
  }

  private Permission permission(String selector) {
    if (selector.equals("0x095ea7b3")) {
      return random.nextInt(4) == 0
          ? Permission.NONE
          : new Permission(CallKind.APPROVE, 1, 0, Permission.ANY, true);
    }
    CallKind kind = List.of(CallKind.PULL, CallKind.SEND).get(random.nextInt(2));
    int amount = random.nextInt(3) == 0 ? Permission.ANY : 1;
    int recipient = random.nextInt(3) == 0 ? Permission.ANY : 0;
    int asset = random.nextInt(3) == 0 ? 2 : Permission.ANY;
    boolean listed = recipient != Permission.ANY && random.nextBoolean();
    return random.nextInt(5) == 0
        ? Permission.NONE
        : new Permission(kind, amount, recipient, asset, listed);
  }

  private Thresholds thresholds() {
    return new Thresholds(
        threshold(),
        threshold(),
        random.nextInt(3) == 0 ? Thresholds.MAX_DELAY : random.nextInt(1 << random.nextInt(1, 20)),
        threshold());
  }

  private BigInteger threshold() {
    return random.nextInt(3) == 0 ? Thresholds.NEVER : BigInteger.valueOf(10L * random.nextInt(20));
  }

  private Intent intent(int agent) {
    BigInteger amount =
        switch (random.nextInt(12)) {
          case 0 -> new BigInteger(256, random);
          case 1 -> Thresholds.NEVER;
          case 2 -> BigInteger.TWO.pow(96).subtract(BigInteger.ONE);
          case 3 -> BigInteger.TWO.pow(128).subtract(BigInteger.ONE);
          default -> BigInteger.valueOf(random.nextInt(200) + random.nextInt(2));
        };
    Address asset = pick(ASSETS);
    return new Intent(
        BigInteger.valueOf(agent + 1),
        ACCOUNT,
        CHAIN,
        asset,
        random.nextInt(3) == 0 ? asset : pick(TARGETS),
        amount,
        random.nextInt(3) == 0 ? Bytes.EMPTY : data(asset, amount),
        BigInteger.ZERO,
        BigInteger.ONE);
  }

  private Bytes data(Address asset, BigInteger amount) {
    if (random.nextInt(15) == 0) {
      return Bytes.of("0x" + "11".repeat(1 + random.nextInt(4)));
    }
    String recipient =
        switch (random.nextInt(8)) {
          case 0 -> "%064x".formatted(new BigInteger(256, random));
          case 1 -> "%064x".formatted(0);
          case 2 -> "0".repeat(24) + "000000000022d473030f116ddee9f6b43ac78ba3";
          case 3 -> "0".repeat(24) + ACCOUNT.hex().substring(2);
          default -> "%064x".formatted(0xb1);
        };
    BigInteger word = random.nextInt(6) == 0 ? amount.add(BigInteger.ONE) : amount;
    String all =
        pick(SELECTORS)
            + recipient
            + "%064x".formatted(word.min(BigInteger.TWO.pow(256).subtract(BigInteger.ONE)))
            + "0".repeat(24)
            + (random.nextInt(6) == 0 ? pick(TARGETS) : asset).hex().substring(2);
    int cut = random.nextInt(10) == 0 ? 2 * random.nextInt(40) : 0;
    return Bytes.of(all.substring(0, all.length() - cut));
  }

  private static Finding finding(MandateRules.Finding f) {
    return new Finding(
        Rule.values()[f.rule.intValueExact()],
        Address.of(f.source),
        f.limit,
        f.left,
        f.availableAt.longValueExact(),
        Tier.values()[f.tier.intValueExact()],
        f.delay.longValueExact(),
        Address.of(f.recipient));
  }

  private static MandateRules.Intent contractIntent(Intent intent) {
    return new MandateRules.Intent(
        intent.agentId(),
        intent.account().hex(),
        intent.chainId(),
        intent.asset().hex(),
        intent.to().hex(),
        intent.amount(),
        intent.data().bytes(),
        intent.nonce(),
        intent.deadline());
  }

  private static String at(Contract contract) {
    return contract.getContractAddress();
  }

  private <T> T pick(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  private static Address address(int last) {
    return Address.of("0x%040x".formatted(last));
  }
}
