package org.mandate.signer;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;

/**
 * What a service's key is for: listed calls of listed contracts on listed chains, within limits of
 * value, fee and gas, an empty transaction to itself that uses up a nonce, and listed messages.
 * Everything else is refused (L11).
 *
 * @param chains by EIP-155 id
 * @param statements the EIP-712 messages
 */
public record ServicePolicy(Map<BigInteger, ChainLimits> chains, Set<Statement> statements)
    implements SigningPolicy {

  /**
   * One chain.
   *
   * @param calls by the contract's address; or the account's, for coins that are sent to it
   * @param maxFee most that a transaction bids in all, wei per gas
   * @param maxTip most of that which goes to the block's proposer, wei per gas
   * @param maxGas most that a transaction may use
   */
  public record ChainLimits(
      Map<Address, Calls> calls, BigInteger maxFee, BigInteger maxTip, long maxGas) {
    public ChainLimits {
      calls = Map.copyOf(calls);
    }
  }

  /**
   * What may be sent to one address.
   *
   * @param selectors first four bytes of the call data; {@link Bytes#EMPTY}: no data at all
   * @param maxValue most that goes with one transaction, wei
   * @param payees by selector, which argument, counted from 0, says who is paid: it must be the
   *     key's own address. All arguments before it must take one word of 32 bytes in the head of
   *     the call data, as all but fixed arrays and tuples of fixed size do (ABI specification).
   */
  public record Calls(Set<Bytes> selectors, BigInteger maxValue, Map<Bytes, Integer> payees) {
    public Calls {
      selectors = Set.copyOf(selectors);
      payees = Map.copyOf(payees);
      if (!selectors.containsAll(payees.keySet())) {
        throw new IllegalArgumentException("a payee of what may not be called");
      }
      for (Bytes selector : selectors) {
        if (selector.size() != SELECTOR && !selector.isEmpty()) {
          throw new IllegalArgumentException(selector + " is no function's selector: 4 bytes are");
        }
      }
    }

    public Calls(Set<Bytes> selectors, BigInteger maxValue) {
      this(selectors, maxValue, Map.of());
    }

    /**
     * Calls that take no coins.
     *
     * @param functions as the ABI names them for selectors, such as {@code mint(address,uint256)}
     */
    public static Calls of(String... functions) {
      return new Calls(
          Arrays.stream(functions).map(Calls::selectorOf).collect(Collectors.toSet()),
          BigInteger.ZERO);
    }

    private static Bytes selectorOf(String function) {
      return selector(new Bytes(Hash.keccak(function).hex()));
    }

    /** The same calls; that argument of that function must be the key's own address. */
    public Calls payingItself(String function, int argument) {
      Map<Bytes, Integer> all = new HashMap<>(payees);
      all.put(selectorOf(function), argument);
      return new Calls(selectors, maxValue, all);
    }

    /** The same calls, each with coins. */
    public Calls paying(BigInteger mostValue) {
      return new Calls(selectors, mostValue, payees);
    }
  }

  /**
   * A kind of message.
   *
   * @param type as EIP-712 encodes it
   */
  public record Statement(TypedData.Domain domain, String type) {}

  private static final int SELECTOR = 4;
  private static final int WORD = 32;

  public ServicePolicy {
    chains = Map.copyOf(chains);
    statements = Set.copyOf(statements);
  }

  @Override
  public void check(Address key, Transactions.Request transaction) {
    Case asked = new Case(key, transaction);
    ChainLimits limits = chains.get(transaction.chainId());
    if (limits == null) {
      throw asked.refused(
          "CHAIN", "it signs for the chains " + new TreeMap<>(chains).keySet(), "add the chain");
    }
    asked.atMost("FEE", "max fee, wei per gas", transaction.fees().maxFee(), limits.maxFee());
    asked.atMost("TIP", "tip, wei per gas", transaction.fees().maxPriorityFee(), limits.maxTip());
    asked.atMost(
        "GAS",
        "gas limit",
        BigInteger.valueOf(transaction.gasLimit()),
        BigInteger.valueOf(limits.maxGas()));
    boolean filler = transaction.to().equals(key) && transaction.data().isEmpty();
    if (filler) {
      asked.atMost("VALUE", "value, wei", transaction.value(), BigInteger.ZERO);
      return;
    }
    Calls calls = limits.calls().get(transaction.to());
    if (calls == null) {
      throw asked.refused(
          "TARGET",
          "it signs calls of " + new TreeMap<>(limits.calls()).keySet() + " there",
          "compare the deployment file");
    }
    Bytes selector = selector(transaction.data());
    if (!calls.selectors().contains(selector)) {
      throw asked.refused(
          "SELECTOR",
          "its data begin with %s, and it signs only calls that this process makes"
              .formatted(selector.isEmpty() ? "nothing" : selector),
          "find out who asked for it");
    }
    Integer payee = calls.payees().get(selector);
    if (payee != null && !word(transaction.data(), payee).equals(word(key))) {
      throw asked.refused(
          "PAYEE",
          "argument %d of %s says who is paid, and it signs for itself only"
              .formatted(payee, selector),
          "find out who asked for it");
    }
    asked.atMost("VALUE", "value, wei", transaction.value(), calls.maxValue());
  }

  @Override
  public void check(Address key, TypedData.Message message) {
    if (!statements.contains(new Statement(message.domain(), message.type()))) {
      throw new SigningRefusedException(
          "%s does not sign %s: by rule STATEMENT, it signs only %s; find out who asked for it"
              .formatted(
                  key,
                  message,
                  statements.stream().map(s -> s.domain() + " " + s.type()).sorted().toList()));
    }
  }

  /** One argument's word in the head of call data; empty when the data are shorter. */
  private static String word(Bytes data, int argument) {
    int from = SELECTOR + WORD * argument;
    return data.size() < from + WORD
        ? ""
        : data.hex().substring(2 + 2 * from, 2 + 2 * (from + WORD));
  }

  private static String word(Address address) {
    String digits = address.hex().substring(2);
    return "0".repeat(2 * WORD - digits.length()) + digits;
  }

  /** Of call data that is shorter than a selector: all of it. */
  private static Bytes selector(Bytes data) {
    return data.size() <= SELECTOR ? data : new Bytes(data.hex().substring(0, 2 + 2 * SELECTOR));
  }

  private record Case(Address key, Transactions.Request transaction) {
    void atMost(String rule, String what, BigInteger value, BigInteger limit) {
      if (value.compareTo(limit) > 0) {
        throw refused(
            rule,
            "%s %s is above the limit of %s".formatted(what, value, limit),
            "raise the limit in the configuration, if this is meant");
      }
    }

    SigningRefusedException refused(String rule, String why, String next) {
      return new SigningRefusedException(
          "%s does not sign transaction %d to %s on chain %s: by rule %s, %s; %s"
              .formatted(
                  key,
                  transaction.nonce(),
                  transaction.to(),
                  transaction.chainId(),
                  rule,
                  why,
                  next));
    }
  }
}
