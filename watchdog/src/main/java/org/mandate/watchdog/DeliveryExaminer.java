package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockRanges;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.chain.Transaction;
import org.mandate.contracts.QuorumGateway;
import org.mandate.event.ContractEvents;
import org.mandate.event.GatewayEvent.MessageDelivered;
import org.mandate.event.GatewayEvent.MessageSent;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.Deliveries;
import org.mandate.gateway.Deliveries.Delivery;
import org.mandate.gateway.Message;
import org.mandate.watchdog.Attested.Signed;
import org.web3j.abi.datatypes.generated.Uint256;

/**
 * Compares what a gateway handed over with what its source sent. Who signed a message that was
 * never sent is remembered, and what else bears that message's number is looked for: where it was
 * delivered, and among what relayers hand out. So who lies about a chain that is not home, of which
 * the bonds' contract sees nothing, is found by its own two words.
 */
final class DeliveryExaminer implements Examiner {
  /** How often the other content of a number is looked for at most, and how long. */
  private static final Duration SELDOM = Duration.ofSeconds(20);

  private static final Duration LONG = Duration.ofDays(1);

  private static final int WORD = 32;

  /** Nothing here is as urgent as a dispute. */
  private static final int PATIENCE = 5;

  private final Court court;
  private final Deque<Handed> waiting = new ArrayDeque<>();
  private final Set<Hash> suspected = ConcurrentHashMap.newKeySet();

  /** Whoever lies may lie as often as he has gas: few numbers are looked for at once. */
  private final Docket searches;

  /** What a block that stands handed over need not be looked at again after a reorg above it. */
  private final Map<Hash, Block> settled = new HashMap<>();

  private boolean working;

  /** One delivery, and what was read of it. */
  private static final class Handed {
    private final MessageDelivered event;
    private final Block block;
    private List<Delivery> deliveries = List.of();

    private Handed(MessageDelivered event, Block block) {
      this.event = event;
      this.block = block;
    }
  }

  /**
   * A watched chain.
   *
   * @param firstBlock of the deployment there
   */
  record Place(ChainClient chain, Finality finality, long firstBlock) {}

  /**
   * What all deliveries of one chain share.
   *
   * @param attestations under which relayers sign
   * @param places the watched chains, by id
   * @param dispatches what home is known to have sent
   * @param homeIsRead whether home was read up to its head
   * @param stands whether a block of this chain is still in it
   * @param accuser is told of what relayers signed, and answers whether that may still cost them
   */
  record Court(
      long chainId,
      ChainClient chain,
      AttestationDomain attestations,
      Map<BigInteger, Place> places,
      Dispatches dispatches,
      BooleanSupplier homeIsRead,
      Predicate<Block> stands,
      Accuser accuser,
      Duration poll) {
    /** The same address on every chain. */
    private Address gateway() {
      return attestations.gateway();
    }
  }

  DeliveryExaminer(Court court) {
    this.court = court;
    this.searches = new Docket("numbers-" + court.chainId(), SELDOM, () -> 0);
  }

  @Override
  public synchronized void examine(Page page) {
    for (Entry entry : page.entries()) {
      if (entry instanceof Entry.Delivered(MessageDelivered event)
          && !page.block().equals(settled.get(event.messageId()))) {
        waiting.addLast(new Handed(event, page.block()));
      }
    }
    if (!working && !waiting.isEmpty()) {
      working = true;
      Errand.start(
          "deliveries-" + court.chainId(), court.poll().multipliedBy(PATIENCE), this::round);
    }
  }

  @Override
  public synchronized void reset() {
    waiting.clear(); // they are read again
  }

  /**
   * One pass over what waits.
   *
   * @return whether nothing does
   */
  private boolean round() throws InterruptedException {
    List<Handed> batch;
    synchronized (this) {
      batch = List.copyOf(waiting);
    }
    Map<Place, Optional<Block>> known = new HashMap<>();
    for (Handed one : batch) {
      boolean over;
      try {
        over = !court.stands().test(one.block) || isSettled(one, known);
      } catch (CallRevertedException | IllegalArgumentException e) {
        over = true; // of another contract than ours
      } catch (NodeException e) {
        over = false; // one chain that is silent must not hide the others
      }
      if (over) {
        synchronized (this) {
          waiting.remove(one);
          settled.put(one.event.messageId(), one.block);
        }
      }
    }
    synchronized (this) {
      working = !waiting.isEmpty();
      return !working;
    }
  }

  /** Whether nothing more is to be found out about a delivery. */
  private boolean isSettled(Handed one, Map<Place, Optional<Block>> known) {
    Hash id = one.event.messageId();
    if (court.dispatches().sent(id)) {
      return true;
    }
    if (!court.homeIsRead().getAsBoolean()) {
      return false;
    }
    if (one.deliveries.isEmpty()) {
      one.deliveries = deliveries(court.chain(), one.event.log().transaction(), id);
    }
    if (one.deliveries.isEmpty()) {
      return true; // hidden in a contract's own words
    }
    Message message = one.deliveries.getFirst().message();
    Place source = court.places().get(message.sourceChainId());
    if (source != null) {
      Optional<Block> last =
          known
              .computeIfAbsent(source, place -> place.finality().highest(place.chain()))
              .filter(block -> block.timestamp().isAfter(one.block.timestamp()));
      if (last.isEmpty()) {
        return false;
      }
      if (sent(source, message.nonce(), last.get()).equals(id)) {
        return true;
      }
    }
    suspect(message, id, one.deliveries);
    return true;
  }

  private void suspect(Message message, Hash id, List<Delivery> deliveries) {
    if (!suspected.add(id)) {
      return;
    }
    deliveries.forEach(this::remember);
    Place source = court.places().get(message.sourceChainId());
    if (source != null) {
      Search search = new Search(source, message.nonce(), signers(deliveries));
      searches.add("number-" + id, search::round);
    }
  }

  private void remember(Delivery delivery) {
    for (Attestation attestation : delivery.attestations()) {
      // What stands beside the delivery that the gateway took may be signed by nobody.
      if (attestation.signer(court.attestations()).isPresent()) {
        court.accuser().remember(new Signed(delivery.message(), delivery.proof(), attestation));
      }
    }
  }

  private Set<Address> signers(List<Delivery> deliveries) {
    Set<Address> all = new HashSet<>();
    deliveries.stream()
        .flatMap(delivery -> delivery.attestations().stream())
        .forEach(attestation -> attestation.signer(court.attestations()).ifPresent(all::add));
    return all;
  }

  private List<Delivery> deliveries(ChainClient chain, Hash transaction, Hash id) {
    Bytes input =
        chain
            .transaction(transaction)
            .map(Transaction::input)
            .orElseThrow(() -> new NodeException("the node does not show " + transaction));
    return Deliveries.in(input, court.gateway(), id);
  }

  private Hash sent(Place source, BigInteger nonce, Block block) {
    byte[] answer =
        source
            .chain()
            .call(
                court.gateway(),
                Abi.call(QuorumGateway.FUNC_SENT, new Uint256(nonce)),
                block.hash());
    if (answer.length != WORD) {
      throw new NodeException("sent() answered " + answer.length + " bytes");
    }
    return Hash.of(answer);
  }

  /** For what the source sent, or will send, under the number of a lie. */
  private final class Search {
    private final Place source;
    private final BigInteger nonce;
    private final Set<Address> liars;
    private final long begun = System.nanoTime();
    private Hash id = Hash.ZERO;
    private Optional<Message> truth = Optional.empty();

    /** Rounds in which the message was not shown. */
    private int vain;

    /** Up to there its destination was searched for its delivery. */
    private long searched;

    private Search(Place source, BigInteger nonce, Set<Address> liars) {
      this.source = source;
      this.nonce = nonce;
      this.liars = liars;
    }

    /**
     * @return whether it is over
     */
    private boolean round() throws InterruptedException {
      if (System.nanoTime() - begun > LONG.toNanos()
          || liars.stream().noneMatch(court.accuser()::mayPay)) {
        return true;
      }
      Optional<Block> known = source.finality().highest(source.chain());
      if (known.isEmpty()) {
        return false;
      }
      Hash genuine = sent(source, nonce, known.get());
      if (genuine.equals(Hash.ZERO)) {
        return false;
      }
      if (!genuine.equals(id)) {
        id = genuine;
        searched = 0;
        truth = Optional.empty();
        vain = 0;
      }
      // A node that shows nothing withholds it, or lags: again, and ever more seldom.
      if (truth.isEmpty() && Integer.bitCount(++vain) == 1) {
        truth = message(genuine);
      }
      if (truth.isEmpty()) {
        return false;
      }
      Place destination = court.places().get(truth.get().destination().chainId());
      if (destination != null) {
        for (Log log : delivered(destination)) {
          deliveries(destination.chain(), log.transaction(), id)
              .forEach(DeliveryExaminer.this::remember);
        }
      }
      // Not delivered where the lie took its number: relayers signed it all the same.
      court.accuser().ask(truth.get(), id);
      return false;
    }

    private Optional<Message> message(Hash sent) {
      BlockRanges ranges = new BlockRanges(source.chain());
      for (long to = source.chain().head().number(); to >= source.firstBlock(); ) {
        BlockRanges.Part<List<Log>> part =
            ranges.last(
                source.firstBlock(),
                to,
                (first, last) -> logs(source.chain(), first, last, Topics.SENT, sent));
        for (Log log : part.content()) {
          if (ContractEvents.gateway(log).orElse(null) instanceof MessageSent event) {
            Message message =
                new Message(
                    source.chain().chainId(),
                    nonce,
                    event.sender(),
                    event.recipient(),
                    event.payload());
            if (message.id(court.gateway()).equals(sent)) {
              return Optional.of(message);
            }
          }
        }
        to = part.from() - 1;
      }
      return Optional.empty();
    }

    private List<Log> delivered(Place destination) {
      List<Log> all = new ArrayList<>();
      BlockRanges ranges = new BlockRanges(destination.chain());
      long head = destination.chain().head().number();
      long from = Math.max(destination.firstBlock(), searched - Chronicle.KEPT_BLOCKS);
      while (from <= head) {
        BlockRanges.Part<List<Log>> part =
            ranges.first(
                from,
                head,
                (first, last) -> logs(destination.chain(), first, last, Topics.DELIVERED, id));
        all.addAll(part.content());
        from = part.to() + 1;
      }
      searched = head;
      return all;
    }

    private List<Log> logs(ChainClient chain, long first, long last, Hash topic, Hash of) {
      return chain.logs(first, last, List.of(court.gateway()), List.of(Set.of(topic), Set.of(of)));
    }
  }
}
