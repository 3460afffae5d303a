package org.mandate.cli.simulation;

import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.Log;
import org.mandate.cli.local.Reaper;
import org.mandate.event.ContractEvents;
import org.mandate.event.IntentEvent;

/** A real chain whose blocks are made when virtual time says so, and what it says of intents. */
final class SimulatedChain implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final BigInteger MOST_BID = BigInteger.TEN.pow(13);

  private final long id;
  private final AnvilProcess anvil;
  private final ChainClient truth;
  private final Address executor;
  private final List<Block> blocks = new ArrayList<>();
  private final Map<Hash, List<IntentEvent>> events = new LinkedHashMap<>();
  private final Map<Hash, byte[]> sent = new LinkedHashMap<>();
  private long dearBlocks;

  private SimulatedChain(long id, AnvilProcess anvil, Address executor) {
    this.id = id;
    this.anvil = anvil;
    this.truth = new JsonRpcClient(anvil.url(), PATIENCE);
    this.executor = executor;
  }

  static SimulatedChain start(
      Path root, Reaper reaper, long id, String state, Deployment deployment) throws IOException {
    SimulatedChain chain =
        new SimulatedChain(id, AnvilProcess.start(root, reaper, id), deployment.executor());
    chain.anvil.ask("anvil_loadState", state);
    chain.blocks.add(chain.truth.head());
    return chain;
  }

  long id() {
    return id;
  }

  URI url() {
    return anvil.url();
  }

  AnvilProcess anvil() {
    return anvil;
  }

  /** Without faults. */
  ChainClient truth() {
    return truth;
  }

  Block head() {
    return blocks.getLast();
  }

  /** Number of the block from which on it is followed. */
  long start() {
    return blocks.getFirst().number() + 1;
  }

  /** A transaction by an account of nobody's: the chain asks for no signature. */
  void transact(Address from, Address to, String data) {
    anvil.ask(
        "eth_sendTransaction",
        Map.of(
            "from",
            from.hex(),
            "to",
            to.hex(),
            "input",
            data,
            "gas",
            "0x1e8480",
            "maxFeePerGas",
            "0x" + MOST_BID.toString(16),
            "maxPriorityFeePerGas",
            "0x3b9aca00"));
  }

  void sent(Hash transaction, byte[] raw) {
    sent.put(transaction, raw);
  }

  void drop(Hash transaction) {
    anvil.ask("anvil_dropTransaction", transaction.hex());
  }

  /** From now on blocks cost more than relayers pay, so many of them. */
  void makeDear(long blocks) {
    dearBlocks = blocks;
  }

  /** Makes a block. Answers whether there was anything in it. */
  boolean mine(long seconds) {
    long time = Math.max(seconds, head().timestamp().getEpochSecond() + 1);
    anvil.ask("evm_setNextBlockTimestamp", time);
    if (dearBlocks > 0) {
      dearBlocks--;
      anvil.ask(
          "anvil_setNextBlockBaseFeePerGas",
          "0x" + BigInteger.TEN.pow(12).toString(16)); // 1,000 gwei
    }
    anvil.ask("evm_mine");
    awaitFees();
    return read();
  }

  /** Puts other, empty blocks in the place of the last ones. */
  void reorg(int depth) {
    anvil.ask("anvil_reorg", depth, List.of());
    for (int i = 0; i < depth; i++) blocks.removeLast();
    long top = head().number();
    events.values().forEach(e -> e.removeIf(event -> event.log().blockNumber() > top));
    read();
  }

  /** What was sent and is not mined goes to the pool again, as far as it takes it. */
  void sendAgain() {
    sent.values().forEach(truth::send);
    sent.keySet()
        .removeIf(
            hash ->
                truth
                    .receipt(hash)
                    .filter(r -> r.blockNumber() + 12 < head().number())
                    .isPresent());
  }

  /** The node counts fees a moment after it has mined. */
  private void awaitFees() {
    while (true) {
      Object history = anvil.ask("eth_feeHistory", "0x1", "latest", List.of(50));
      if (history instanceof Map<?, ?> map
          && map.get("gasUsedRatio") instanceof List<?> ratios
          && ratios.size() == 1) return;
      Thread.onSpinWait();
    }
  }

  private boolean read() {
    boolean any = false;
    long newest = truth.head().number();
    for (Block block : truth.blocks(head().number() + 1, newest)) {
      if (!block.parent().equals(head().hash()))
        throw new IllegalStateException("blocks do not join");
      blocks.add(block);
      for (Log log : truth.logs(block.hash(), List.of(executor))) {
        ContractEvents.executor(log)
            .ifPresent(e -> events.computeIfAbsent(e.intentId(), i -> new ArrayList<>()).add(e));
        any = true;
      }
    }
    return any;
  }

  /** What the chain said about an intent, in order. */
  List<IntentEvent> about(Hash intentId) {
    return List.copyOf(events.getOrDefault(intentId, List.of()));
  }

  Optional<IntentEvent> last(Hash intentId) {
    List<IntentEvent> all = about(intentId);
    return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
  }

  Map<Hash, List<IntentEvent>> events() {
    return Map.copyOf(events);
  }

  @Override
  public void close() {
    anvil.close();
  }
}
