package org.mandate.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.event.ContractEvents;

/**
 * Makes an Anvil's blocks one by one. The senders are its development accounts, which sign for
 * whoever asks.
 */
final class Blocks {
  private final Rpc rpc;
  private final String account;
  private final Map<String, Long> nonces = new HashMap<>();

  record Transaction(String from, String to, String data) {}

  /**
   * @param payment what the account said of a direct payment
   */
  record Outcome(boolean succeeded, String output, Optional<Log> payment) {}

  /**
   * @param account whose direct payments are told
   */
  Blocks(Rpc rpc, String account) {
    this.rpc = rpc;
    this.account = account;
    rpc.ask("evm_setAutomine", false);
  }

  /** Mines one block with these transactions and returns what each gave. */
  List<Outcome> mine(List<Transaction> transactions, long timestamp) {
    List<Object[]> calls = new ArrayList<>();
    for (Transaction transaction : transactions) {
      calls.add(
          Rpc.request(
              "eth_sendTransaction",
              Map.of(
                  "from",
                  transaction.from(),
                  "to",
                  transaction.to(),
                  "data",
                  transaction.data(),
                  "nonce",
                  "0x" + Long.toHexString(nonce(transaction.from())),
                  "gas",
                  "0x1e8480",
                  "maxFeePerGas",
                  "0x12a05f2000",
                  "maxPriorityFeePerGas",
                  "0x0")));
    }
    List<String> hashes =
        calls.isEmpty() ? List.of() : rpc.askAll(calls).stream().map(JsonNode::asText).toList();
    rpc.ask("evm_setNextBlockTimestamp", timestamp);
    rpc.ask("evm_mine");
    Map<String, Outcome> outcomes = new HashMap<>();
    Map<String, Log> payments = payments();
    for (JsonNode trace : rpc.ask("trace_block", "latest")) {
      if (trace.path("traceAddress").isEmpty()) {
        String hash = trace.path("transactionHash").asText();
        outcomes.put(
            hash,
            new Outcome(
                !trace.has("error"),
                trace.path("result").path("output").asText(),
                Optional.ofNullable(payments.get(hash))));
      }
    }
    assertEquals(hashes.size(), outcomes.size(), "not all transactions are in the block");
    return hashes.stream().map(outcomes::get).toList();
  }

  private long nonce(String from) {
    long nonce =
        nonces.computeIfAbsent(
            from,
            unknown -> Long.decode(rpc.ask("eth_getTransactionCount", from, "latest").asText()));
    nonces.put(from, nonce + 1);
    return nonce;
  }

  /** What the account said of direct payments in the latest block, by transaction. */
  private Map<String, Log> payments() {
    Map<String, Log> payments = new HashMap<>();
    for (JsonNode log :
        rpc.ask(
            "eth_getLogs",
            Map.of("fromBlock", "latest", "toBlock", "latest", "address", account))) {
      List<Hash> topics = new ArrayList<>();
      log.path("topics").forEach(topic -> topics.add(Hash.of(topic.asText())));
      if (ContractEvents.paymentTopics().contains(topics.getFirst())) {
        String hash = log.path("transactionHash").asText();
        payments.put(
            hash,
            new Log(
                Hash.of(log.path("blockHash").asText()),
                Long.decode(log.path("blockNumber").asText()),
                Hash.of(hash),
                Integer.decode(log.path("logIndex").asText()),
                Address.of(log.path("address").asText()),
                topics,
                log.path("data").asText()));
      }
    }
    return payments;
  }
}
