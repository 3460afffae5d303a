package org.mandate.chain;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.mandate.chain.JsonRpcTransport.Answer;
import org.mandate.chain.JsonRpcTransport.Request;
import org.mandate.chain.NodeException.Fault;

/**
 * A chain as one node tells it over JSON-RPC. Every answer is checked against its question; time
 * and size are bounded.
 */
public final class JsonRpcClient implements ChainClient {
  private static final int BATCH = 50;

  /**
   * Bytes of one answer about the logs of several blocks; who asks for fewer gets them: what one
   * block holds is answered up to {@link JsonRpcTransport#ANSWER_LIMIT}.
   */
  private static final int RANGE_LIMIT = 8 << 20;

  private final JsonRpcTransport transport;
  private final Function<JsonNode, Block> blocks;

  /**
   * Asks nothing yet. The node is believed about its blocks' numbers, parents and times.
   *
   * @param node http or https
   * @param timeout of one request, answer included
   */
  public JsonRpcClient(URI node, Duration timeout) {
    this(node, timeout, RpcValue::block);
  }

  private JsonRpcClient(URI node, Duration timeout, Function<JsonNode, Block> blocks) {
    this.blocks = blocks;
    if (node.getHost() == null
        || !("http".equals(node.getScheme()) || "https".equals(node.getScheme()))) {
      throw new IllegalArgumentException(
          "a node's URL has the form http://host:port or https://host/path");
    }
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("a node's time limit must be above zero, not " + timeout);
    }
    transport = new JsonRpcTransport(node, timeout);
  }

  private JsonRpcClient(JsonRpcTransport transport, Function<JsonNode, Block> blocks) {
    this.transport = transport;
    this.blocks = blocks;
  }

  /** The same node, and somebody who is told of each step. */
  public JsonRpcClient toldTo(RpcSteps listener) {
    return new JsonRpcClient(transport.toldTo(listener), blocks);
  }

  /**
   * One that believes no block whose header does not make its hash: number, parent and time are the
   * hash's, whatever the node says. Another header than those that are known here is a {@link
   * NodeException} like any answer that makes no sense.
   *
   * @param timeout of one request, answer included
   * @param advice what a refusal says beside the block and what is wrong with it
   */
  public static JsonRpcClient checkingHeaders(URI node, Duration timeout, String advice) {
    return new JsonRpcClient(node, timeout, result -> checked(result, advice));
  }

  private static Block checked(JsonNode result, String advice) {
    Block block = RpcValue.block(result);
    try {
      HeaderJson.header(result, block.hash());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "block " + block.number() + ": " + e.getMessage() + ". " + advice, e);
    }
    return block;
  }

  @Override
  public BigInteger chainId() {
    return ask("eth_chainId", result -> RpcValue.quantity(result, "chain id"));
  }

  @Override
  public Block head() {
    return ask("eth_getBlockByNumber", blocks, "latest", false);
  }

  @Override
  public Block finalized() {
    return ask("eth_getBlockByNumber", blocks, "finalized", false);
  }

  @Override
  public Optional<Block> block(long number) {
    return ask("eth_getBlockByNumber", result -> blockOf(result, number), quantity(number), false);
  }

  @Override
  public Optional<Block> block(Hash hash) {
    return ask("eth_getBlockByHash", result -> blockOf(result, hash), hash.hex(), false);
  }

  @Override
  public List<Block> blocks(long from, long to) {
    List<Block> told = new ArrayList<>();
    for (long start = from; start <= to; start += BATCH) {
      List<Request> requests = new ArrayList<>();
      for (long number = start; number <= Math.min(to, start + BATCH - 1); number++) {
        requests.add(new Request("eth_getBlockByNumber", quantity(number), false));
      }
      List<Answer> answers = transport.askAll(requests);
      for (int i = 0; i < answers.size(); i++) {
        long number = start + i;
        Optional<Block> block =
            read(requests.get(i).method(), answers.get(i), result -> blockOf(result, number));
        if (block.isEmpty()) {
          return told;
        }
        told.add(block.get());
      }
    }
    return told;
  }

  @Override
  public Optional<Bytes> header(Hash blockHash) {
    return ask(
        "eth_getBlockByHash",
        result -> blockOf(result, blockHash).map(known -> HeaderJson.header(result, known.hash())),
        blockHash.hex(),
        false);
  }

  @Override
  public AccountProof proof(Address account, Hash slot, Hash blockHash) {
    return ask(
        "eth_getProof",
        result -> RpcValue.proof(result, account, slot),
        account.hex(),
        List.of(slot.hex()),
        Map.of("blockHash", blockHash.hex())); // EIP-1898
  }

  @Override
  public List<Log> logs(Hash blockHash, Collection<Address> addresses, List<Set<Hash>> topics) {
    Set<Address> wanted = Set.copyOf(addresses);
    Map<String, Object> filter = new LinkedHashMap<>();
    filter.put("blockHash", blockHash.hex());
    if (!wanted.isEmpty()) {
      filter.put("address", wanted.stream().map(Address::hex).sorted().toList());
    }
    filter.put("topics", positions(topics));
    // Some nodes answer "no logs" for a block that they do not know: ask for the block too.
    List<Answer> answers =
        transport.askAll(
            List.of(
                new Request("eth_getLogs", filter),
                new Request("eth_getBlockByHash", blockHash.hex(), false)));
    Block block =
        read("eth_getBlockByHash", answers.get(1), result -> blockOf(result, blockHash))
            .orElseThrow(
                () -> transport.lacking("eth_getLogs", "block " + blockHash + " is not known"));
    return read("eth_getLogs", answers.get(0), result -> logsOf(result, block, wanted, topics));
  }

  @Override
  public List<Log> logs(long from, long to, Collection<Address> addresses, List<Set<Hash>> topics) {
    Set<Address> wanted = Set.copyOf(addresses);
    Map<String, Object> filter = new LinkedHashMap<>();
    filter.put("fromBlock", quantity(from));
    filter.put("toBlock", quantity(to));
    if (!wanted.isEmpty()) {
      filter.put("address", wanted.stream().map(Address::hex).sorted().toList());
    }
    filter.put("topics", positions(topics));
    // A node that is behind answers "no logs" for blocks that it does not have: ask for the last
    // one too.
    List<Answer> answers =
        transport.askAll(
            List.of(
                new Request("eth_getLogs", filter),
                new Request("eth_getBlockByNumber", quantity(to), false)),
            from < to ? RANGE_LIMIT : JsonRpcTransport.ANSWER_LIMIT);
    if (read("eth_getBlockByNumber", answers.get(1), result -> blockOf(result, to)).isEmpty()) {
      throw transport.lacking("eth_getLogs", "block " + to + " is not known");
    }
    return read("eth_getLogs", answers.get(0), result -> logsOf(result, from, to, wanted, topics));
  }

  @Override
  public byte[] call(Address to, byte[] data) {
    return call(to, data, "latest");
  }

  @Override
  public List<CallOutcome> calls(List<ContractCall> calls) {
    List<CallOutcome> outcomes = new ArrayList<>();
    for (int start = 0; start < calls.size(); start += BATCH) {
      List<ContractCall> some = calls.subList(start, Math.min(calls.size(), start + BATCH));
      List<Answer> answers =
          transport.askAll(
              some.stream()
                  .map(
                      c ->
                          new Request(
                              "eth_call",
                              Map.of("to", c.to().hex(), "input", c.data().hex()),
                              "latest"))
                  .toList());
      for (int i = 0; i < some.size(); i++) {
        outcomes.add(outcome(some.get(i).to(), answers.get(i)));
      }
    }
    return outcomes;
  }

  private CallOutcome outcome(Address to, Answer answer) {
    try {
      return new CallOutcome.Returned(called(to, answer));
    } catch (CallRevertedException e) {
      return new CallOutcome.Reverted(e);
    }
  }

  @Override
  public byte[] call(Address to, byte[] data, Hash blockHash) {
    return call(to, data, Map.of("blockHash", blockHash.hex())); // EIP-1898
  }

  @Override
  public byte[] call(Address from, Address to, byte[] data, long gas, Hash blockHash) {
    Map<String, Object> call =
        Map.of(
            "from", from.hex(),
            "to", to.hex(),
            "input", Bytes.of(data).hex(),
            "gas", quantity(gas));
    return call(to, call, Map.of("blockHash", blockHash.hex()));
  }

  @Override
  public byte[] call(Address from, Address to, byte[] data, long gas, Fees bid, Hash blockHash) {
    Map<String, Object> call =
        Map.of(
            "from", from.hex(),
            "to", to.hex(),
            "input", Bytes.of(data).hex(),
            "gas", quantity(gas),
            "maxFeePerGas", "0x" + bid.maxFee().toString(16),
            "maxPriorityFeePerGas", "0x" + bid.maxPriorityFee().toString(16));
    return call(to, call, Map.of("blockHash", blockHash.hex()));
  }

  private byte[] call(Address to, byte[] data, Object block) {
    return call(to, Map.of("to", to.hex(), "input", Bytes.of(data).hex()), block);
  }

  private byte[] call(Address to, Map<String, Object> call, Object block) {
    return called(to, transport.ask(new Request("eth_call", call, block))).bytes();
  }

  private Bytes called(Address to, Answer answer) {
    return switch (answer) {
      case Answer.Failed failed when failed.error().isRevert() ->
          throw new CallRevertedException(to, failed.error().reason());
      case Answer any -> read("eth_call", any, result -> RpcValue.bytes(result, "result"));
    };
  }

  @Override
  public Bytes code(Address address) {
    return ask("eth_getCode", result -> RpcValue.bytes(result, "code"), address.hex(), "latest");
  }

  @Override
  public Bytes code(Address address, Hash blockHash) {
    return ask(
        "eth_getCode",
        result -> RpcValue.bytes(result, "code"),
        address.hex(),
        Map.of("blockHash", blockHash.hex()));
  }

  @Override
  public BigInteger balance(Address address) {
    return ask(
        "eth_getBalance", result -> RpcValue.quantity(result, "balance"), address.hex(), "latest");
  }

  @Override
  public BigInteger balance(Address address, Hash blockHash) {
    return ask(
        "eth_getBalance",
        result -> RpcValue.quantity(result, "balance"),
        address.hex(),
        Map.of("blockHash", blockHash.hex())); // EIP-1898
  }

  @Override
  public long nonce(Address account, BlockTag tag) {
    return ask(
        "eth_getTransactionCount",
        result -> RpcValue.number(result, "nonce"),
        account.hex(),
        tag.rpc());
  }

  @Override
  public long nonce(Address account, long blockNumber) {
    return ask(
        "eth_getTransactionCount",
        result -> RpcValue.number(result, "nonce"),
        account.hex(),
        quantity(blockNumber));
  }

  @Override
  public GasEstimate estimateGas(Address from, Address to, BigInteger value, byte[] data) {
    Map<String, Object> call =
        Map.of(
            "from",
            from.hex(),
            "to",
            to.hex(),
            "value",
            "0x" + value.toString(16),
            "input",
            Bytes.of(data).hex());
    return switch (transport.ask(new Request("eth_estimateGas", call))) {
      case Answer.Failed failed
          when failed.error().isRevert()
              || failed.error().says("exceeds allowance", "insufficient funds") ->
          new GasEstimate.Reverted(
              failed.error().reason(), failed.error().data().orElse(Bytes.EMPTY));
      case Answer answer -> {
        long gas = read("eth_estimateGas", answer, result -> RpcValue.number(result, "gas"));
        yield new GasEstimate.Estimated(gas);
      }
    };
  }

  @Override
  public Fees fees() {
    return ask(
        "eth_feeHistory",
        FeeHistory::fees,
        quantity(FeeHistory.BLOCKS),
        "latest",
        List.of(FeeHistory.PERCENTILE));
  }

  @Override
  public SendOutcome send(byte[] raw) {
    Hash transaction = Hash.keccak(raw);
    try {
      return switch (transport.ask(new Request("eth_sendRawTransaction", Bytes.of(raw).hex()))) {
        case Answer.Failed failed -> SendErrors.classify(failed.error(), transaction);
        case Answer.Result result ->
            result.value().asText().equalsIgnoreCase(transaction.hex())
                ? new SendOutcome.Accepted(transaction)
                : new SendOutcome.Unreachable(
                    "the node names another transaction than " + transaction, Fault.NONSENSE);
      };
    } catch (NodeException e) {
      return new SendOutcome.Unreachable(e.getMessage(), e.fault(), e.retryAfter());
    }
  }

  @Override
  public Optional<Receipt> receipt(Hash transaction) {
    return ask(
        "eth_getTransactionReceipt", result -> receiptOf(result, transaction), transaction.hex());
  }

  @Override
  public Map<Hash, Receipt> receipts(Collection<Hash> transactions) {
    List<Hash> hashes = transactions.stream().distinct().toList();
    Map<Hash, Receipt> receipts = new LinkedHashMap<>();
    for (int start = 0; start < hashes.size(); start += BATCH) {
      List<Hash> some = hashes.subList(start, Math.min(hashes.size(), start + BATCH));
      List<Answer> answers =
          transport.askAll(
              some.stream()
                  .map(hash -> new Request("eth_getTransactionReceipt", hash.hex()))
                  .toList());
      for (int i = 0; i < some.size(); i++) {
        Hash hash = some.get(i);
        read("eth_getTransactionReceipt", answers.get(i), result -> receiptOf(result, hash))
            .ifPresent(receipt -> receipts.put(hash, receipt));
      }
    }
    return receipts;
  }

  @Override
  public Optional<Transaction> transaction(Hash hash) {
    return ask(
        "eth_getTransactionByHash",
        result ->
            result.isNull()
                ? Optional.empty()
                : Optional.of(RpcValue.transaction(result))
                    .filter(t -> matches(t.hash(), hash, "transaction")),
        hash.hex());
  }

  @Override
  public boolean transactionKnown(Hash transaction) {
    return ask(
        "eth_getTransactionByHash",
        result ->
            !result.isNull()
                && matches(RpcValue.hash(result.path("hash"), "hash"), transaction, "transaction"),
        transaction.hex());
  }

  private <T> T ask(String method, Function<JsonNode, T> reader, Object... parameters) {
    return read(method, transport.ask(new Request(method, parameters)), reader);
  }

  private <T> T read(String method, Answer answer, Function<JsonNode, T> reader) {
    return switch (answer) {
      case Answer.Failed failed -> throw transport.refusal(method, failed.error());
      case Answer.Result result -> {
        try {
          yield reader.apply(result.value());
        } catch (NodeException e) {
          throw e;
        } catch (RuntimeException e) { // whatever a reader stumbles over is the answer's fault
          throw transport.failure(method, "the answer makes no sense: " + e.getMessage());
        }
      }
    };
  }

  private Optional<Block> blockOf(JsonNode result, long number) {
    return result.isNull()
        ? Optional.empty()
        : Optional.of(blocks.apply(result)).filter(b -> matches(b.number(), number, "block"));
  }

  private Optional<Block> blockOf(JsonNode result, Hash hash) {
    return result.isNull()
        ? Optional.empty()
        : Optional.of(blocks.apply(result)).filter(b -> matches(b.hash(), hash, "block"));
  }

  private static Optional<Receipt> receiptOf(JsonNode result, Hash transaction) {
    return result.isNull()
        ? Optional.empty()
        : Optional.of(RpcValue.receipt(result))
            .filter(r -> matches(r.transaction(), transaction, "receipt"));
  }

  private static List<Log> logsOf(
      JsonNode result, Block block, Set<Address> wanted, List<Set<Hash>> topics) {
    List<Log> logs = RpcValue.logs(result);
    for (Log log : logs) {
      matches(log.blockHash(), block.hash(), "log's block");
      matches(log.blockNumber(), block.number(), "log's block");
      if (!log.hasTopics(topics)) {
        throw new IllegalArgumentException("a log with topics that were not asked for");
      }
      requireWanted(log, wanted);
    }
    return logs;
  }

  private static List<Log> logsOf(
      JsonNode result, long from, long to, Set<Address> wanted, List<Set<Hash>> topics) {
    List<Log> logs = RpcValue.logs(result);
    for (Log log : logs) {
      if (log.blockNumber() < from || log.blockNumber() > to || !log.hasTopics(topics)) {
        throw new IllegalArgumentException(
            "a log of block " + log.blockNumber() + ", which was not asked for");
      }
      requireWanted(log, wanted);
    }
    return logs;
  }

  private static List<List<String>> positions(List<Set<Hash>> topics) {
    List<List<String>> positions = new ArrayList<>();
    topics.forEach(
        any -> positions.add(any.isEmpty() ? null : any.stream().map(Hash::hex).sorted().toList()));
    return positions;
  }

  private static void requireWanted(Log log, Set<Address> wanted) {
    if (!wanted.isEmpty() && !wanted.contains(log.address())) {
      throw new IllegalArgumentException("a log of " + log.address() + ", which was not asked for");
    }
  }

  private static boolean matches(Object got, Object asked, String what) {
    if (!got.equals(asked)) {
      throw new IllegalArgumentException(what + " is " + got + ", but " + asked + " was asked for");
    }
    return true;
  }

  private static String quantity(long value) {
    return "0x" + Long.toHexString(value);
  }
}
