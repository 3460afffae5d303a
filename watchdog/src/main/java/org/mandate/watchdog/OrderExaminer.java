package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockRanges;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.watchdog.WatchdogConfig.WhenHomeIsSilent;
import org.web3j.abi.datatypes.generated.Bytes32;

/**
 * At a destination: what is ordered there in home's name must have been ordered by home, in that
 * very message. What was not is vetoed at once: it would own the chain when it has waited.
 */
final class OrderExaminer implements Examiner {
  private static final int WORD = 32;

  /** Words of the contract's {@code Order}. */
  private static final int WORDS = 8;

  /** So many ranges of home's older blocks are looked through before it is seen what is due. */
  private static final int PARTS = 32;

  // Of the contract's OrderState.
  private static final int WAITING = 1;
  private static final int VETOED = 2;
  private static final int EXECUTED = 5;

  /** So many forged orders within an hour are a flood: their gateway is closed. */
  static final int FLOOD = 8;

  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration DOUBT = Duration.ofMinutes(1);

  /** What one node of home's shows alone is asked about ever more seldom. */
  private static final Duration MOST_DOUBT = Duration.ofMinutes(10);

  private final Court court;
  private final BlockRanges ranges;
  private final Set<Place> begun = ConcurrentHashMap.newKeySet();

  /** The newest of each name. */
  private final Map<Hash, Order> known = new ConcurrentHashMap<>();

  /** Forged orders by their messages, and when each was found. */
  private final Map<Hash, Instant> lies = new HashMap<>();

  /** Gateways that are being closed, and stay so until a final block has it. */
  private final Set<Address> closing = ConcurrentHashMap.newKeySet();

  private record Place(Block block, int logIndex) {}

  /**
   * What all checks of one chain share.
   *
   * @param governance the same address at home
   * @param self whose vetoes they are
   * @param firstBlock of the deployment at home: no order is older
   * @param jury asked before what is proven is vetoed, a gateway closed, or an order let go
   * @param stands whether a block of this chain is still in it
   * @param notary shows by proofs what home ordered; empty where nobody posts home's block hashes
   * @param whenHomeIsSilent what to do about an order that home says nothing of until it is due
   */
  record Court(
      long chainId,
      ChainClient chain,
      Finality finality,
      Address governance,
      Address self,
      ChainClient home,
      Finality homeFinality,
      long firstBlock,
      Jury jury,
      Predicate<Block> stands,
      Enforcer enforcer,
      Optional<Prosecutor> prosecutor,
      Optional<OrderNotary> notary,
      Findings findings,
      Duration safetyMargin,
      WhenHomeIsSilent whenHomeIsSilent,
      Duration poll,
      Clock clock) {}

  /**
   * Where an order stands.
   *
   * @param gateway through which the message came
   * @param messageId what brought it
   */
  private record Standing(
      int state, boolean proven, Instant deadline, Address gateway, Hash messageId) {}

  /** What home says of an order. */
  private sealed interface Answer {
    record Own() implements Answer {}

    record Open(String why) implements Answer {}

    /**
     * @param head as of which home did not send it
     */
    record Never(Block head) implements Answer {}
  }

  OrderExaminer(Court court) {
    this.court = court;
    this.ranges = new BlockRanges(court.home());
  }

  @Override
  public void examine(Page page) {
    for (Entry entry : page.entries()) {
      switch (entry) {
        case Entry.Order(Log log) -> received(log, page.block());
        case Entry.OrderConfirmed(Log log) -> confirmed(log, page.block());
        case Entry.OrderVetoed(Log log) ->
            Optional.ofNullable(known.get(LogWords.of(log).topic(1))).ifPresent(Order::start);
        case Entry.GatewayClosed closed -> known.values().forEach(Order::start);
        default -> {}
      }
    }
  }

  private void received(Log log, Block block) {
    if (begun.add(new Place(block, log.index()))) {
      LogWords words = LogWords.of(log);
      Order order =
          new Order(
              words.topic(1),
              words.topic(2),
              Instant.ofEpochSecond(
                  words.number(2).min(BigInteger.valueOf(Integer.MAX_VALUE * 2L)).longValue()),
              log.transaction(),
              block);
      known.put(order.id, order);
      order.start();
    }
  }

  // Who proves may lie as well, together with whoever forged: what is proven is judged as before.
  private void confirmed(Log log, Block block) {
    LogWords words = LogWords.of(log);
    Order before = known.get(words.topic(1));
    if (before != null && before.messageId.equals(words.topic(2))) {
      before.start();
    } else if (begun.add(new Place(block, log.index()))) {
      Instant executableAt = before == null ? block.timestamp() : before.executableAt;
      Order order =
          new Order(words.topic(1), words.topic(2), executableAt, log.transaction(), block);
      known.put(order.id, order);
      order.start();
    }
  }

  @Override
  public void reset() {
    // What runs for a block that does not stand ends by itself.
    begun.removeIf(place -> !court.stands().test(place.block()));
    known.values().removeIf(order -> !court.stands().test(order.block));
  }

  private Standing standing(Hash orderId) {
    byte[] answer =
        court
            .chain()
            .call(
                court.governance(),
                Abi.call(RemoteGovernance.FUNC_ORDEROF, new Bytes32(orderId.bytes())));
    if (answer.length != WORDS * WORD) {
      throw new NodeException("orderOf() answered " + answer.length + " bytes");
    }
    return new Standing(
        answer[WORD - 1],
        answer[2 * WORD - 1] != 0,
        Instant.ofEpochSecond(
            new BigInteger(1, Arrays.copyOfRange(answer, 5 * WORD, 6 * WORD))
                .min(BigInteger.valueOf(Integer.MAX_VALUE * 2L))
                .longValue()),
        Address.of(Arrays.copyOfRange(answer, 6 * WORD + 12, 7 * WORD)),
        Hash.of(Bytes.of(Arrays.copyOfRange(answer, 7 * WORD, 8 * WORD)).hex()));
  }

  /** Whether this guardian has vetoed what is proven: then it is another one's turn. */
  private boolean isVetoedOnce(Hash orderId) {
    byte[] answer =
        court
            .chain()
            .call(
                court.governance(),
                Abi.call(RemoteGovernance.FUNC_DOUBTEDBY, new Bytes32(orderId.bytes())));
    if (answer.length != WORD) {
      throw new NodeException("doubtedBy() answered " + answer.length + " bytes");
    }
    return Address.of(Arrays.copyOfRange(answer, 12, WORD)).equals(court.self());
  }

  private boolean isOpen(Address gateway) {
    return Closing.status(court.chain(), court.governance(), gateway) == Closing.Status.OPEN;
  }

  // Each veto is a transaction; whoever has a quorum's keys has as many orders as gas.
  private void lied(Order order, Address gateway) {
    int recent;
    if (order.isDoubtful()) {
      return;
    }
    synchronized (lies) {
      Instant now = court.clock().instant();
      lies.putIfAbsent(order.messageId, now);
      lies.values().removeIf(at -> !at.isAfter(now.minus(HOUR)));
      recent = lies.size();
    }
    if (recent >= FLOOD && closing.add(gateway)) {
      court.findings().report(flood(gateway, recent));
      Errand.start("orders-" + court.chainId(), court.poll(), new Flood(order, gateway)::round);
    }
  }

  /** A gateway that is to be closed: home's nodes are asked once, before the first transaction. */
  private final class Flood {
    private final Order order;
    private final Address gateway;
    private final LastingState lasting = new LastingState(court.chain(), court.finality());
    private boolean judged;

    private Flood(Order order, Address gateway) {
      this.order = order;
      this.gateway = gateway;
    }

    /**
     * @return whether it is over
     */
    private boolean round() {
      if (!judged && order.isShown()) {
        return doubted(order, gateway);
      }
      judged = true;
      return closed(gateway, lasting);
    }
  }

  /** A node of home's shows that one: it counts no more, and the next one is looked at. */
  private boolean doubted(Order order, Address gateway) {
    synchronized (lies) {
      lies.remove(order.messageId);
    }
    closing.remove(gateway);
    return true;
  }

  /**
   * @return whether a final block has it
   */
  private boolean closed(Address gateway, LastingState lasting) {
    Closing remedy = new Closing(court.chain(), court.governance(), gateway);
    Optional<Enforcer.Done> end = court.enforcer().bringAbout(remedy);
    if (end.isEmpty()) {
      return true;
    }
    end.filter(done -> done.transaction().isPresent())
        .ifPresent(
            done ->
                court
                    .findings()
                    .update(
                        floodId(gateway),
                        found ->
                            found.with(
                                new Deed(
                                    remedy.what(),
                                    court.chainId(),
                                    done.transaction(),
                                    done.settled().outcome(),
                                    court.clock().instant()))));
    if (isOpen(gateway)) {
      closing.remove(gateway); // no guardian, by what one node says: the next lie tries again
      return true;
    }
    if (lasting.look(() -> !isOpen(gateway)) != LastingState.Look.FINAL) {
      return false;
    }
    court.findings().update(floodId(gateway), found -> found.with(Finding.Status.STOPPED));
    closing.remove(gateway);
    return true;
  }

  private String floodId(Address gateway) {
    return "flood-of-orders:" + court.chainId() + ":" + gateway;
  }

  private Finding flood(Address gateway, int count) {
    return new Finding(
        floodId(gateway),
        Check.ORDER,
        Severity.CRITICAL,
        court.chainId(),
        -1,
        Optional.empty(),
        Optional.empty(),
        "fewer than " + FLOOD + " orders within an hour that home never sent",
        "gateway " + gateway + " brought " + count,
        "Once the gateway is closed (RemoteGovernance.closeGateway) nothing that it brought is"
            + " executed: what home did order is proved (confirm), or ordered again. Take who"
            + " signed out of the quorum (QuorumGateway.tightenRelayers).",
        court.clock().instant(),
        Finding.Status.OPEN,
        List.of());
  }

  /** One order that a message brought, until it is home's, or can do nothing any more. */
  private final class Order {
    private final Hash id;
    private final Hash messageId;
    private final Instant executableAt;
    private final Hash transaction;
    private final Block block;
    private final LastingState ended = new LastingState(court.chain(), court.finality());
    private boolean told;

    /** Home's final blocks from {@code oldest} to {@code newest} do not have it. */
    private long oldest;

    private long newest = -1;

    /** Whether home is known not to have sent it. */
    private boolean forged;

    /** A node of home's shows it: until then it is not asked again. */
    private volatile Instant shownUntil = Instant.MIN;

    /** One node of home's shows it alone: until then the others are not asked again. */
    private Instant aloneUntil = Instant.MIN;

    private Duration alone = Duration.ofSeconds(5);

    private boolean running;
    private boolean again;

    private Order(Hash id, Hash messageId, Instant executableAt, Hash transaction, Block block) {
      this.id = id;
      this.messageId = messageId;
      this.executableAt = executableAt;
      this.transaction = transaction;
      this.block = block;
    }

    /** Looks at it until it is over; once more when that is going on. */
    private synchronized void start() {
      again = running;
      if (!running) {
        running = true;
        Errand.start("order-" + id, court.poll(), () -> round() && isOver());
      }
    }

    private synchronized boolean isOver() {
      running = again;
      again = false;
      return !running;
    }

    /**
     * @return whether it is over
     */
    private boolean round() {
      if (!court.stands().test(block)) {
        status(Finding.Status.WITHDRAWN);
        return true;
      }
      Standing standing = standing(id);
      if (!waits(standing)) {
        if (!forged && court.notary().isPresent() && isStopped(standing)) {
          switch (asked()) {
            case Answer.Own own -> {
              court.notary().get().confirm(subject());
              status(Finding.Status.WITHDRAWN);
              return true;
            }
            case Answer.Open open -> {
              return false; // it may be
            }
            case Answer.Never never -> {}
          }
        }
        return switch (ended.look(() -> !waits(standing(id)))) {
          case FINAL -> {
            // A node that withheld home's word may have had it vetoed.
            if (forged
                && court.notary().isPresent()
                && isStopped(standing)
                && asked() instanceof Answer.Own) {
              court.notary().get().confirm(subject());
              status(Finding.Status.WITHDRAWN);
              yield true;
            }
            boolean ours = standing.messageId().equals(messageId);
            boolean missed = ours && standing.state() == EXECUTED;
            status(missed ? Finding.Status.MISSED : Finding.Status.STOPPED);
            yield true;
          }
          case GONE, OPEN -> false;
        };
      }
      return switch (asked()) {
        case Answer.Own own -> {
          status(Finding.Status.WITHDRAWN);
          yield true;
        }
        case Answer.Open(String why) -> unproven(why);
        case Answer.Never(Block head) -> {
          convict(standing, head);
          yield false;
        }
      };
    }

    /** What home says of it: one that says nothing does not keep what it may be from being told. */
    private Answer asked() {
      try {
        Block head = court.home().head();
        Optional<Block> sent = sent(head);
        if (sent.isPresent()) {
          if (!isFinal(sent.get())) {
            return new Answer.Open(
                "home sent it in block " + sent.get().number() + ", which is not final");
          }
          return isBorneOut()
              ? new Answer.Own()
              : new Answer.Open("one node of home's shows it, and the others do not");
        }
        if (head.timestamp().isBefore(block.timestamp())) {
          return new Answer.Open("home's head is of " + head.timestamp() + ", before it came");
        }
        return oldest > court.firstBlock()
            ? new Answer.Open("home's blocks before " + oldest + " are not looked through yet")
            : new Answer.Never(head);
      } catch (NodeException e) {
        return new Answer.Open("home cannot be asked: " + e.getMessage());
      }
    }

    // Who is acquitted is not looked at again: not by one node's word.
    private boolean isBorneOut() {
      Instant now = court.clock().instant();
      if (now.isBefore(aloneUntil) && !isLate()) {
        return false;
      }
      if (court.jury().bearsOutOrder(court.governance(), id, court.chainId(), messageId)) {
        return true;
      }
      aloneUntil = now.plus(alone);
      alone = alone.compareTo(MOST_DOUBT) < 0 ? alone.multipliedBy(2) : MOST_DOUBT;
      return false;
    }

    private void convict(Standing standing, Block head) {
      forged = true;
      report(
          "home sent the order in message " + messageId,
          "home did not, as of block " + head.number());
      court
          .prosecutor()
          .ifPresent(
              prosecutor ->
                  prosecutor.charge(
                      new Prosecutor.Charge(
                          findingId(),
                          messageId,
                          court.chain(),
                          transaction,
                          block.timestamp(),
                          () -> court.stands().test(block))));
      court.notary().ifPresent(notary -> notary.refute(findingId(), subject()));
      lied(this, standing.gateway());
      veto();
    }

    private boolean isFinal(Block sent) {
      return court
          .homeFinality()
          .highest(court.home())
          .filter(highest -> highest.number() >= sent.number())
          .isPresent();
    }

    private OrderNotary.Subject subject() {
      return new OrderNotary.Subject(
          id,
          messageId,
          block,
          transaction,
          () -> court.stands().test(block),
          () -> waits(standing(id)) && !standing(id).proven(),
          () -> isStopped(standing(id)));
    }

    /** Whether this message may still have it executed. */
    private boolean waits(Standing standing) {
      return standing.state() == WAITING
          && standing.messageId().equals(messageId)
          && (standing.proven() || isOpen(standing.gateway()));
    }

    /** Whether somebody keeps what this message brought from being executed. */
    private boolean isStopped(Standing standing) {
      return standing.messageId().equals(messageId)
          && !standing.proven()
          && (standing.state() == VETOED
              || standing.state() == WAITING && !isOpen(standing.gateway()))
          && !court.chain().head().timestamp().isAfter(standing.deadline());
    }

    // It waits for days: there is time until the margin.
    private boolean unproven(String why) {
      if (isLate()) {
        report("home can be asked about the order before it may be executed", why);
        if (court.whenHomeIsSilent() == WhenHomeIsSilent.DISPUTE) {
          veto();
        }
      }
      return false;
    }

    /** Whether what is left until it may be executed is no more than it takes to stop it. */
    private boolean isLate() {
      Instant now = court.clock().instant();
      Instant head = court.chain().head().timestamp();
      return !(head.isAfter(now) ? head : now).isBefore(executableAt.minus(court.safetyMargin()));
    }

    /** Where home sent it; empty also as long as some blocks were not looked through. */
    private Optional<Block> sent(Block head) {
      long known =
          court
              .homeFinality()
              .highest(court.home())
              .map(last -> Math.min(last.number(), head.number()))
              .orElse(court.firstBlock() - 1);
      if (newest < 0) {
        newest = known;
        oldest = Math.max(known + 1, court.firstBlock());
      }
      for (long to = head.number(); to > Math.max(newest, court.firstBlock() - 1); ) {
        BlockRanges.Part<List<Log>> part = logs(Math.max(newest + 1, court.firstBlock()), to);
        Optional<Block> found = block(part.content());
        if (found.isPresent()) {
          return found;
        }
        to = part.from() - 1;
      }
      newest = Math.max(newest, known);
      for (int i = 0; i < PARTS && oldest > court.firstBlock(); i++) {
        BlockRanges.Part<List<Log>> part = logs(court.firstBlock(), oldest - 1);
        Optional<Block> found = block(part.content());
        if (found.isPresent()) {
          return found;
        }
        oldest = part.from();
      }
      return Optional.empty();
    }

    private BlockRanges.Part<List<Log>> logs(long from, long to) {
      return ranges.last(
          from,
          to,
          (first, last) ->
              court
                  .home()
                  .logs(
                      first,
                      last,
                      List.of(court.governance()),
                      List.of(
                          Set.of(Topics.ORDER_SENT),
                          Set.of(id),
                          Set.of(Hash.of("0x%064x".formatted(court.chainId()))),
                          Set.of(messageId))));
    }

    private Optional<Block> block(List<Log> logs) {
      return logs.stream()
          .flatMap(
              log ->
                  court
                      .home()
                      .block(log.blockNumber())
                      .filter(one -> one.hash().equals(log.blockHash()))
                      .stream())
          .findFirst();
    }

    /** Whether a node of home's showed a while ago that it sent it. */
    private boolean isDoubtful() {
      return court.clock().instant().isBefore(shownUntil);
    }

    /** Whether any node of home's shows that it sent it; asked seldom. */
    private boolean isShown() {
      if (isDoubtful()) {
        return true;
      }
      boolean shown = court.jury().showsOrder(court.governance(), id, court.chainId(), messageId);
      shownUntil = shown ? court.clock().instant().plus(DOUBT) : Instant.MIN;
      return shown;
    }

    private void veto() {
      if (standing(id).proven() && (isVetoedOnce(id) || isShown())) {
        return;
      }
      court
          .enforcer()
          .bringAbout(new Veto(this))
          .filter(done -> done.transaction().isPresent())
          .ifPresent(
              done ->
                  court
                      .findings()
                      .update(
                          findingId(),
                          found ->
                              found.with(
                                  new Deed(
                                      "veto",
                                      court.chainId(),
                                      done.transaction(),
                                      done.settled().outcome(),
                                      court.clock().instant()))));
    }

    private void status(Finding.Status status) {
      if (told) {
        court
            .findings()
            .update(
                findingId(),
                found -> found.status() == Finding.Status.OPEN ? found.with(status) : found);
      }
    }

    private String findingId() {
      return "order:%d:%s:%s".formatted(court.chainId(), id, messageId);
    }

    private void report(String expected, String seen) {
      told = true;
      court
          .findings()
          .report(
              new Finding(
                  findingId(),
                  Check.ORDER,
                  Severity.CRITICAL,
                  court.chainId(),
                  block.number(),
                  Optional.empty(),
                  Optional.empty(),
                  expected,
                  seen + "; it would own the chain from " + executableAt,
                  "See that it is vetoed before then, and read what it calls (transaction "
                      + transaction
                      + "). Relayers attested what home does not know: take them out of the quorum"
                      + " (QuorumGateway.tightenRelayers). If home did send it, have it sent again,"
                      + " or prove it (RemoteGovernance.confirm).",
                  court.clock().instant(),
                  Finding.Status.OPEN,
                  List.of()));
    }
  }

  private final class Veto implements Remedy {
    private final Order order;

    private Veto(Order order) {
      this.order = order;
    }

    @Override
    public String what() {
      return "veto of order " + order.id;
    }

    @Override
    public Address to() {
      return court.governance();
    }

    @Override
    public Bytes data() {
      return Bytes.of(Abi.call(RemoteGovernance.FUNC_VETO, new Bytes32(order.id.bytes())));
    }

    // Said of one's own second veto; whether there was a first one is read from the state.
    @Override
    public boolean refused(String reason) {
      return reason.startsWith("RemoteProven(");
    }

    @Override
    public Optional<Settled> settled() {
      Standing standing = standing(order.id);
      if (order.waits(standing) && standing.proven() && isVetoedOnce(order.id)) {
        return Optional.of(new Settled("it is proven: a second guardian's veto stops it"));
      }
      return order.waits(standing)
          ? Optional.empty()
          : Optional.of(
              new Settled(
                  standing.state() == EXECUTED
                      ? "EXECUTED before it was vetoed"
                      : "this message can have it executed no more"));
    }
  }
}
