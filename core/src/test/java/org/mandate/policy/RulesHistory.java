package org.mandate.policy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;
import org.mandate.policy.Scene.Manner;
import org.mandate.policy.Scene.Said;
import org.mandate.signer.PrivateKeySigner;

/** Makes up settings, intents and what foreign contracts answer, mostly near a limit. */
final class RulesHistory {
  private static final BigInteger NEVER = Thresholds.NEVER;
  private static final BigInteger UINT80 = BigInteger.TWO.pow(80);
  private static final BigInteger INT128 = BigInteger.TWO.pow(127);
  static final List<BigInteger> CHAINS = List.of(RulesWorld.HOME, RulesWorld.REMOTE);
  static final List<Address> ASSETS = List.of(Address.ZERO, RulesWorld.TOKEN);
  static final List<Address> PAYEES = List.of(address(0xb1), address(0xb2));
  private static final List<Address> SPENDERS = List.of(address(0xb3), address(0xb4));
  private static final List<Address> TARGETS =
      List.of(address(0x51), address(0x52), RulesWorld.TOKEN);
  private static final String APPROVE = "0x095ea7b3";
  private static final List<String> SELECTORS = List.of(APPROVE, "0x11223344", "0x55667788");
  private static final List<Address> FEEDS =
      List.of(address(0xf1), address(0xf2), address(0xf3), address(0xf4));
  private static final Address SEQUENCER = address(0xf5);
  static final List<Address> FOREIGN = List.of(address(0xd1), address(0xd2));
  private static final Address FEEDBACK = address(0xe1);
  private static final Address CONTRACT = address(0xc7); // an approver
  private static final List<Hash> CATEGORIES = List.of(Hash.keccak("compute"), Hash.keccak("ads"));
  private static final List<Address> FORBIDDEN =
      List.of(
          Address.ZERO,
          Address.of("0x000000000022D473030F116dDEE9F6B43aC78BA3"),
          Address.of("0xcA11bde05977b3631167028862bE2a173976CA11"),
          Address.of("0x5FF137D4b0FDCD49DcA30c7CF57E578a026d2789"),
          Address.of("0x0000000071727De22E5E9d8BAf0edAc6f37da032"),
          Address.of("0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108"),
          Address.of("0x433709009B8330FDa32311DF1C2AFA402eD8D009"));
  // Anvil's third development account, which also sends transactions.
  private static final List<PrivateKeySigner> KEYS =
      List.of(
          new PrivateKeySigner(BigInteger.valueOf(0x111)),
          new PrivateKeySigner(BigInteger.valueOf(0x222)),
          new PrivateKeySigner(
              new BigInteger(
                  "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a", 16)),
          RulesWorld.WALLET);

  private final Random random;
  private final Address manager;
  private final Map<String, Integer> met;
  private final Map<Prices.Place, PriceFeed> feeds = new LinkedHashMap<>();
  private Sequencer sequencer = Sequencer.NONE;
  private long nonce;
  private int breakers;

  /**
   * @param manager the AccessManager
   * @param met counts what foreign contracts answered when they were asked
   */
  RulesHistory(Random random, Address manager, Map<String, Integer> met) {
    this.random = random;
    this.manager = manager;
    this.met = met;
    for (BigInteger chain : CHAINS) {
      for (Address asset : ASSETS) {
        feeds.put(new Prices.Place(chain, asset), PriceFeed.NONE);
      }
    }
    places().stream().skip(1).forEach(this::reprice); // the first has no price for a while
    resequence();
  }

  List<Prices.Place> places() {
    return List.copyOf(feeds.keySet());
  }

  /** Another feed for the asset of that place, at the same address, or none. */
  PriceFeed reprice(Prices.Place place) {
    Address address = FEEDS.get(places().indexOf(place));
    PriceFeed feed = random.nextInt(8) == 0 ? PriceFeed.NONE : feed(address);
    feeds.put(place, feed);
    return feed;
  }

  Sequencer resequence() {
    sequencer =
        random.nextInt(6) == 0
            ? Sequencer.NONE
            : new Sequencer(SEQUENCER, List.of(0L, 60L, 3_600L).get(random.nextInt(3)));
    return sequencer;
  }

  Prices prices() {
    Prices prices = Prices.NONE.with(sequencer);
    for (var entry : feeds.entrySet()) {
      prices = prices.with(entry.getKey(), entry.getValue());
    }
    return prices;
  }

  /** Foreign contracts as they are when they are put to use: each answers what is asked of it. */
  Map<Address, Said> first() {
    Map<Address, Said> all = new LinkedHashMap<>();
    feeds
        .values()
        .forEach(f -> all.put(f.feed(), Said.words("decimals", number(f.answerDecimals()))));
    all.remove(Address.ZERO);
    FOREIGN.forEach(rule -> all.put(rule, Said.words("there", BigInteger.ONE)));
    return all;
  }

  private PriceFeed feed(Address feed) {
    int answerDecimals = List.of(0, 2, 8).get(random.nextInt(3));
    int min = 1 + random.nextInt(200);
    return new PriceFeed(
        feed,
        1 + random.nextInt(100_000),
        min,
        random.nextBoolean() ? min : min + random.nextInt(60_000),
        random.nextInt(answerDecimals + 1),
        List.of(0, 1, 2, 9, 11).get(random.nextInt(5)),
        answerDecimals,
        random.nextInt(2) == 0);
  }

  // ------------------------------------------------------------------ what others answer

  /** A moment at {@code now}; things are mostly in order. */
  Scene scene(long now) {
    Map<Address, Said> all = new TreeMap<>();
    for (PriceFeed feed : feeds.values()) {
      if (!feed.feed().equals(Address.ZERO)) {
        all.put(feed.feed(), random.nextInt(3) > 0 ? fresh(feed, now) : wrong(feed, now));
      }
    }
    all.put(SEQUENCER, uptime(now));
    FOREIGN.forEach(rule -> all.put(rule, judgement()));
    all.put(FEEDBACK, summary());
    all.put(CONTRACT, signature());
    return new Scene(now, all, met);
  }

  private Said fresh(PriceFeed feed, long now) {
    return round("fresh", BigInteger.valueOf(7), price(feed), now - random.nextInt(2), now);
  }

  private static Said round(
      String label, BigInteger id, BigInteger answer, long updatedAt, long now) {
    return Said.words(
        label, id, answer, number(now), number(updatedAt), id.max(BigInteger.valueOf(8)));
  }

  private BigInteger price(PriceFeed feed) {
    return unit(feed)
        .multiply(
            number(feed.minAnswer() + random.nextInt(feed.maxAnswer() - feed.minAnswer() + 1)));
  }

  private static BigInteger unit(PriceFeed feed) {
    return BigInteger.TEN.pow(feed.rangeExponent());
  }

  private Said wrong(PriceFeed feed, long now) {
    BigInteger good = price(feed);
    BigInteger id = BigInteger.valueOf(9);
    BigInteger low = unit(feed).multiply(number(feed.minAnswer()));
    BigInteger high = unit(feed).multiply(number(feed.maxAnswer()));
    long oldest = now - feed.maxAge();
    BigInteger when = number(now);
    return switch (random.nextInt(19)) {
      case 0 -> round("oldest", id, good, oldest, now);
      case 1 -> round("stale", id, good, oldest - 1, now);
      case 2 -> round("of the future", id, good, now + 1, now);
      case 3 -> round("without time", id, good, 0, now);
      case 4 -> round("zero", id, BigInteger.ZERO, now, now);
      case 5 -> round("negative", id, good.negate(), now, now);
      case 6 -> round("lowest", id, low, now, now);
      case 7 -> round("too low", id, low.subtract(BigInteger.ONE), now, now);
      case 8 -> round("highest", id, high, now, now);
      case 9 -> round("too high", id, high.add(BigInteger.ONE), now, now);
      case 10 -> round("round zero", BigInteger.ZERO, good, now, now);
      case 11 -> Said.words("carried over", id, good, when, when, BigInteger.valueOf(8));
      case 12 -> Said.words("round beyond 80 bits", id, good, when, when, UINT80);
      case 13 -> Said.words("four words", id, good, when, when);
      case 14 -> Said.words("six words", id, good, when, when, id, id);
      case 15 -> new Said("reverts", Manner.REVERTS, fresh(feed, now).bytes());
      case 16 -> Said.burning();
      case 17 -> Said.absent();
      default -> new Said("nothing", Manner.SAYS, Bytes.EMPTY);
    };
  }

  private Said uptime(long now) {
    BigInteger id = BigInteger.valueOf(3);
    BigInteger up = BigInteger.ZERO;
    BigInteger over = number(now - sequencer.graceTime() - 1);
    return switch (random.nextInt(14)) {
      case 0 -> Said.words("down", id, BigInteger.ONE, over, over, id);
      case 1 -> {
        BigInteger since = number(now - sequencer.graceTime());
        yield Said.words("up in its grace time", id, up, since, since, id);
      }
      case 2 -> Said.words("up since never", id, up, BigInteger.ZERO, over, id);
      case 3 -> Said.words("up from tomorrow", id, up, number(now + 86_400), over, id);
      case 4 -> Said.words("up in four words", id, up, over, over);
      case 5 -> new Said("uptime reverts", Manner.REVERTS, Bytes.EMPTY);
      case 6 -> Said.absent();
      default -> Said.words("up", id, up, over, over, id);
    };
  }

  private Said judgement() {
    BigInteger limit = new BigInteger(256, random);
    BigInteger left = new BigInteger(256, random);
    BigInteger at = new BigInteger(32, random);
    BigInteger yes = BigInteger.ONE;
    BigInteger no = BigInteger.ZERO;
    return switch (random.nextInt(30)) {
      case 0, 1, 2 -> Said.words("refuses", no, limit, left, at);
      case 3 -> Said.words("refuses until the last second", no, limit, left, uint32());
      case 4 -> Said.words("refuses beyond time", no, limit, left, uint32().add(BigInteger.ONE));
      case 5 -> Said.words("admits beyond time", yes, limit, left, new BigInteger(200, random));
      case 6 -> Said.words("perhaps", BigInteger.TWO, limit, left, at);
      case 7 -> Said.words("three words", yes, limit, left);
      case 8 -> Said.words("five words", yes, limit, left, at, at);
      case 9 -> new Said("admits and reverts", Manner.REVERTS, Said.encoded(yes, no, no, no));
      case 10 -> Said.burning();
      case 11 -> Said.absent();
      default -> Said.words("admits", yes, limit, left, at);
    };
  }

  private static BigInteger uint32() {
    return BigInteger.TWO.pow(32).subtract(BigInteger.ONE);
  }

  // What is required is two feedbacks or three, and an average of 1.5 to 2.5 or so.
  private Said summary() {
    BigInteger count = number(1 + random.nextInt(4));
    BigInteger value = number(10 * random.nextInt(5));
    BigInteger one = BigInteger.ONE;
    return switch (random.nextInt(16)) {
      case 0 -> Said.words("no feedback", BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO);
      case 1 -> Said.words("bad feedback", number(9), value.negate(), one);
      case 2 -> Said.words("19 decimals", number(9), number(99), number(19));
      case 3 -> Said.words("beyond int128", number(9), INT128, one);
      case 4 -> Said.words("below int128", number(9), INT128.negate().subtract(one), one);
      case 5 -> Said.words("beyond uint64", BigInteger.TWO.pow(64), number(99), one);
      case 6 ->
          Said.words(
              "most of all",
              number(-1).mod(BigInteger.TWO.pow(64)),
              INT128.subtract(one),
              BigInteger.ZERO);
      case 7 -> Said.words("two words of feedback", count, value);
      case 8 ->
          new Said("feedback reverts", Manner.REVERTS, Said.encoded(number(9), number(99), one));
      case 9 -> Said.burning();
      case 10 -> Said.absent();
      default -> Said.words("feedback", count, value, one);
    };
  }

  private Said signature() {
    BigInteger magic = new BigInteger("1626ba7e" + "00".repeat(28), 16);
    return switch (random.nextInt(8)) {
      case 0 -> Said.words("signs and more", magic, BigInteger.TEN);
      case 1 -> Said.words("signs dirtily", magic.add(BigInteger.ONE));
      case 2 -> new Said("signs in four bytes", Manner.SAYS, Bytes.of("0x1626ba7e"));
      case 3 -> new Said("signs and reverts", Manner.REVERTS, Said.encoded(magic));
      case 4 -> Said.absent();
      default -> Said.words("signs", magic);
    };
  }

  // ------------------------------------------------------------------ settings

  Map<Permission.Place, Permission> permissions() {
    Map<Permission.Place, Permission> all = new LinkedHashMap<>();
    for (BigInteger chain : CHAINS) {
      for (Address target : TARGETS) {
        for (String selector : SELECTORS) {
          if (random.nextInt(4) > 0) {
            all.put(new Permission.Place(chain, target, selector), permission(selector));
          }
        }
      }
    }
    return all;
  }

  /** Of any of the places. */
  Permission.Place place() {
    return new Permission.Place(pick(CHAINS), pick(TARGETS), pick(SELECTORS));
  }

  Permission permission(String selector) {
    if (random.nextInt(8) == 0) {
      return Permission.NONE;
    }
    if (selector.equals(APPROVE)) {
      return new Permission(CallKind.APPROVE, 1, 0, Permission.ANY, true);
    }
    int recipient = random.nextInt(3) == 0 ? Permission.ANY : 0;
    return new Permission(
        random.nextBoolean() ? CallKind.PULL : CallKind.SEND,
        random.nextInt(3) == 0 ? Permission.ANY : 1,
        recipient,
        random.nextInt(2) == 0 ? 2 : Permission.ANY,
        recipient != Permission.ANY && random.nextBoolean());
  }

  Thresholds thresholds(Address asset) {
    boolean dollars = asset.equals(BeyondBasic.USD);
    if (dollars && random.nextInt(3) == 0) {
      return new Thresholds(NEVER, NEVER, 7, NEVER);
    }
    if (random.nextInt(4) == 0) { // a delay and nothing else
      BigInteger above = threshold(dollars);
      return new Thresholds(above, above, 1 + random.nextInt(100_000), NEVER);
    }
    return new Thresholds(
        threshold(dollars),
        threshold(dollars),
        random.nextInt(6) == 0
            ? Thresholds.MAX_DELAY - random.nextInt(3)
            : random.nextInt(1 << random.nextInt(1, 18)),
        threshold(dollars));
  }

  private BigInteger threshold(boolean dollars) {
    BigInteger amount = number(10L * random.nextInt(20));
    if (random.nextInt(3) == 0) {
      return NEVER.subtract(number(random.nextInt(2)));
    }
    if (!dollars) {
      return amount;
    }
    PriceFeed feed = pick(List.copyOf(feeds.values()));
    return feed.feed().equals(Address.ZERO)
        ? amount
        : feed.worth(amount, price(feed)).add(number(random.nextInt(3) - 1)).max(BigInteger.ZERO);
  }

  /** A book of some of the rules, in any order. */
  List<Address> book(List<Address> shipped) {
    List<Address> all = new ArrayList<>(shipped);
    all.addAll(FOREIGN);
    Collections.shuffle(all, random);
    return all.subList(0, random.nextBoolean() ? random.nextInt(2) : random.nextInt(all.size()));
  }

  Hours hours() {
    List<Hours.Window> windows = new ArrayList<>();
    int count = random.nextInt(9) == 0 ? 8 : random.nextInt(4);
    for (int i = 0; i < count; i++) {
      windows.add(
          new Hours.Window(
              random.nextInt(4) == 0 ? 127 : 1 + random.nextInt(127),
              random.nextInt(4) == 0 ? 0 : random.nextInt(86_400),
              random.nextInt(4) == 0 ? 86_400 : 1 + random.nextInt(86_400)));
    }
    return new Hours(windows);
  }

  Categories categories() {
    Categories rule = Categories.NEVER_SET;
    List<Address> all = new ArrayList<>(PAYEES);
    all.addAll(TARGETS);
    for (Address target : all) {
      for (BigInteger chain : CHAINS) {
        if (random.nextInt(5) > 0) {
          rule = rule.with(new Recipient(chain, target), pick(CATEGORIES));
        }
      }
    }
    for (Hash category : CATEGORIES) {
      for (Address asset : ASSETS) {
        if (random.nextInt(5) > 0) {
          rule = rule.with(new Categories.Kind(category, asset), number(10L * random.nextInt(20)));
        }
      }
    }
    return rule;
  }

  Reputation reputation() {
    if (random.nextInt(6) == 0) {
      return Reputation.NEVER_SET;
    }
    List<Address> clients = new ArrayList<>();
    for (int i = random.nextInt(8); i < 8; i++) {
      clients.add(address(0x70 + i));
    }
    BigInteger average = BigInteger.TEN.pow(17).multiply(number(10 * random.nextInt(5) - 5));
    return new Reputation(
        FEEDBACK,
        number(1 + random.nextInt(3)),
        new BigInteger(256, random),
        average,
        random.nextBoolean() ? "" : "quality",
        random.nextBoolean() ? "" : "x".repeat(31),
        clients);
  }

  Panel panel() {
    List<Address> approvers =
        new ArrayList<>(KEYS.stream().map(PrivateKeySigner::address).toList());
    approvers.add(CONTRACT);
    approvers.removeIf(approver -> random.nextInt(4) == 0);
    Collections.sort(approvers);
    return new Panel(random.nextInt(6) == 0 ? random.nextInt(6) : 1 + random.nextInt(2), approvers);
  }

  List<PolicyChange> grants(long now) {
    List<PolicyChange> all = new ArrayList<>();
    all.add(new PolicyChange.SetTerms(terms(now)));
    all.add(new PolicyChange.SetTempo(tempo()));
    for (Address asset : ASSETS) {
      all.add(new PolicyChange.SetLimit(asset, limit()));
      CHAINS.forEach(chain -> all.add(new PolicyChange.SetAssetChain(asset, chain, true)));
    }
    List<Address> recipients = new ArrayList<>(PAYEES);
    recipients.addAll(SPENDERS);
    recipients.add(Address.of(RulesWorld.GOVERNANCE));
    recipients.add(manager);
    for (Address recipient : recipients) {
      CHAINS.forEach(
          chain -> all.add(new PolicyChange.SetRecipient(new Recipient(chain, recipient), true)));
    }
    all.removeIf(grant -> !(grant instanceof PolicyChange.SetTerms) && random.nextInt(25) == 0);
    return all;
  }

  PolicyChange change(long now) {
    return switch (random.nextInt(9)) {
      case 0 -> new PolicyChange.SetTerms(terms(now));
      case 1 -> new PolicyChange.SetTempo(tempo());
      case 2, 3 -> new PolicyChange.SetLimit(pick(ASSETS), limit());
      case 4 -> new PolicyChange.SetAssetChain(pick(ASSETS), pick(CHAINS), random.nextInt(4) > 0);
      case 5 ->
          new PolicyChange.SetRecipient(
              new Recipient(pick(CHAINS), pick(PAYEES)), random.nextInt(4) > 0);
      case 6 -> random.nextInt(3) > 0 ? new PolicyChange.Thaw() : new PolicyChange.Freeze();
      default -> new PolicyChange.Thaw();
    };
  }

  /** Other terms, basic or not as before. */
  PolicyChange terms(Terms before, long now) {
    Terms next = terms(now);
    return new PolicyChange.SetTerms(
        new Terms(
            next.expiry(),
            next.frequencyWindow(),
            next.maxTransactions(),
            next.maxAuditLag(),
            before.basic(),
            next.open()));
  }

  private Terms terms(long now) {
    return new Terms(
        random.nextInt(12) == 0 ? now + random.nextInt(1_000_000) : uint32().longValueExact(),
        1 + random.nextInt(Terms.MAX_WINDOW),
        random.nextInt(6) == 0 ? random.nextInt(4) : 1_000,
        random.nextInt(6) == 0 ? random.nextInt(40) : 60_000,
        random.nextInt(6) == 0,
        random.nextInt(5) == 0);
  }

  private Tempo tempo() {
    return random.nextInt(3) > 0
        ? Tempo.NEVER_SET
        : new Tempo(random.nextInt(4), 1 + random.nextInt(1_000_000), random.nextInt(20_000));
  }

  private AssetLimit limit() {
    int most = 20 + random.nextInt(400);
    return new AssetLimit(
        number(most), number(random.nextInt(20) * 500L), 1 + random.nextInt(1_000_000));
  }

  Breaker breaker() {
    return switch (breakers++ % 4) { // each of them, also in a short history
      case 0 -> new Breaker.Everything();
      case 1 -> new Breaker.OfChain(RulesWorld.HOME);
      case 2 -> new Breaker.OfChain(RulesWorld.REMOTE);
      default -> new Breaker.OfAsset(pick(ASSETS));
    };
  }

  // ------------------------------------------------------------------ intents

  /**
   * An intent of that agent.
   *
   * @param serious one that can be carried out on the chain where it is made
   */
  Intent intent(BigInteger agent, Address account, long now, boolean serious) {
    Address asset = random.nextInt(60) == 0 ? address(0xa9) : pick(ASSETS);
    BigInteger amount = amount();
    if (random.nextBoolean()) {
      return intent(agent, account, pick(CHAINS), asset, payee(), amount, Bytes.EMPTY, now);
    }
    String selector = pick(SELECTORS);
    boolean approves = selector.equals(APPROVE) && random.nextInt(8) > 0;
    Address target =
        approves && !asset.equals(Address.ZERO)
            ? asset
            : random.nextInt(20) == 0 ? account : pick(TARGETS);
    return intent(
        agent,
        account,
        serious ? RulesWorld.REMOTE : pick(CHAINS),
        asset,
        target,
        amount,
        data(selector, account, asset, amount),
        now);
  }

  private Intent intent(
      BigInteger agent,
      Address account,
      BigInteger chain,
      Address asset,
      Address to,
      BigInteger amount,
      Bytes data,
      long now) {
    return new Intent(
        agent, account, chain, asset, to, amount, data, number(nonce++), number(now + 29 * 86_400));
  }

  private Address payee() {
    return random.nextInt(40) == 0 ? address(0xb9) : pick(PAYEES);
  }

  private BigInteger amount() {
    return switch (random.nextInt(24)) {
      case 0 -> new BigInteger(256, random);
      case 1 -> NEVER.add(number(random.nextInt(3) - 1));
      case 2 -> BigInteger.TWO.pow(96).subtract(number(random.nextInt(3)));
      case 3 -> BigInteger.TWO.pow(128).subtract(number(random.nextInt(3)));
      case 4 -> BigInteger.ZERO;
      case 5, 6 -> number(random.nextInt(450));
      default -> number(10L * random.nextInt(20) + random.nextInt(2));
    };
  }

  private Bytes data(String selector, Address account, Address asset, BigInteger amount) {
    if (random.nextInt(20) == 0) {
      return Bytes.of("0x" + "11".repeat(1 + random.nextInt(4)));
    }
    BigInteger said = random.nextInt(8) == 0 ? amount.add(BigInteger.ONE) : amount;
    Address named = random.nextInt(6) == 0 ? pick(TARGETS) : asset;
    String all =
        selector
            + recipient(account)
            + "%064x".formatted(said.mod(BigInteger.TWO.pow(256)))
            + (selector.equals(APPROVE) && random.nextInt(8) > 0 ? "" : padded(named));
    int cut = random.nextInt(12) == 0 ? 2 * random.nextInt(40) : 0;
    return Bytes.of(all.substring(0, all.length() - cut));
  }

  private String recipient(Address account) {
    return switch (random.nextInt(16)) {
      case 0 -> "%064x".formatted(new BigInteger(256, random));
      case 1, 2 -> padded(pick(FORBIDDEN));
      case 3 -> padded(account);
      case 4 -> padded(manager);
      case 5 -> padded(Address.of(RulesWorld.GOVERNANCE));
      case 6, 7, 8, 9, 10 -> padded(pick(SPENDERS));
      default -> padded(payee());
    };
  }

  private static String padded(Address address) {
    return "0".repeat(24) + address.hex().substring(2);
  }

  // ------------------------------------------------------------------ approvals

  /** Of some of the panel, mostly as they should be. */
  List<Panel.Approval> approvals(Panel panel, Panel.Subject subject, long now) {
    List<Panel.Approval> all = new ArrayList<>();
    List<Address> signers = new ArrayList<>(panel.approvers());
    signers.removeIf(signer -> random.nextInt(4) == 0);
    if (random.nextInt(4) > 0) {
      signers.remove(subject.wallet());
    }
    if (random.nextInt(10) == 0) {
      signers.add(KEYS.get(random.nextInt(2)).address());
    }
    if (random.nextInt(12) > 0) {
      Collections.sort(signers);
    } else {
      Collections.shuffle(signers, random);
    }
    for (Address signer : signers) {
      BigInteger deadline =
          number(random.nextInt(12) == 0 ? now - 1 : now + (random.nextInt(2) * 1_000L));
      all.add(new Panel.Approval(signer, signature(subject, signer, deadline), deadline));
    }
    return all;
  }

  private Bytes signature(Panel.Subject subject, Address signer, BigInteger deadline) {
    Hash digest =
        subject.digest(signer, random.nextInt(12) == 0 ? deadline.add(BigInteger.ONE) : deadline);
    return KEYS.stream()
        .filter(key -> key.address().equals(signer))
        .findFirst()
        .map(key -> Bytes.of(key.sign(digest).bytes()))
        .map(
            bytes ->
                random.nextInt(30) == 0
                    ? Bytes.of(bytes.hex().substring(0, 2 + 2 * random.nextInt(65)))
                    : bytes)
        .orElse(Bytes.of("0x00"));
  }

  /** A second around which one of the windows opens or closes. */
  long turningPoint(Hours rule, long now) {
    Hours.Window window = pick(rule.windows());
    long day = now / 86_400 + 1 + random.nextInt(8);
    return day * 86_400
        + window.opens()
        + (random.nextBoolean() ? window.duration() : 0)
        + random.nextInt(3)
        - 1;
  }

  /** Seconds until something else may happen. */
  long pause() {
    return 1
        + switch (random.nextInt(5)) {
          case 0 -> random.nextInt(10);
          case 1 -> random.nextInt(3_600);
          case 2, 3 -> random.nextInt(50_000);
          default -> random.nextInt(400_000);
        };
  }

  boolean chance(int of) {
    return random.nextInt(of) == 0;
  }

  int number(int below, int least) {
    return least + random.nextInt(below);
  }

  <T> T pick(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  private static BigInteger number(long value) {
    return BigInteger.valueOf(value);
  }

  static Address address(int last) {
    return Address.of("0x%040x".formatted(last));
  }
}
