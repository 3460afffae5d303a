package org.mandate.cli.policy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.cli.Chain;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.MandateLens;
import org.mandate.deploy.Sender;
import org.mandate.policy.AssetLimit;
import org.mandate.policy.AssetMandate;
import org.mandate.policy.Mandate;
import org.mandate.policy.Recipient;
import org.mandate.policy.Tempo;
import org.mandate.policy.Terms;
import org.mandate.policy.Usage;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.Event;
import org.web3j.utils.Numeric;

/**
 * An agent's mandate as the chain has it. The contract does not list assets and recipients, so
 * their names come from its events, and what holds now is read from the contract for each.
 */
final class MandateReader {
  /** Nodes refuse to search many blocks at once. */
  private static final long BLOCKS = 10_000;

  private final Chain chain;
  private final BigInteger agentId;

  MandateReader(Chain chain, BigInteger agentId) {
    this.chain = chain;
    this.agentId = agentId;
  }

  /** Chains that mandates can name. */
  List<BigInteger> chainIds() {
    List<?> ids = Sender.read("chains", () -> chain.account().chainIds().send());
    return ids.stream().map(id -> (BigInteger) id).toList();
  }

  MandateLens.Headroom headroom(Address asset) {
    return Sender.read("headroom", () -> chain.lens().headroom(agentId, asset.hex()).send());
  }

  /** The mandate without its counters. */
  Mandate read() {
    var assets = new TreeSet<Address>();
    var named = new HashSet<Recipient>();
    var limit = topic(AgentVault.LIMITSET_EVENT);
    var onChain = topic(AgentVault.ASSETCHAINSET_EVENT);
    var recipient = topic(AgentVault.RECIPIENTSET_EVENT);
    for (var log : logs(chain.deployment().account(), Set.of(limit, onChain, recipient))) {
      if (log.topics().getFirst().equals(recipient)) {
        named.add(new Recipient(number(log.topics().get(2)), address(log.topics().get(3))));
      } else {
        assets.add(address(log.topics().get(2)));
      }
    }
    var terms = headroom(Address.ZERO);
    var byAsset = new HashMap<Address, AssetMandate>();
    for (var asset : assets) {
      byAsset.put(asset, asset(asset));
    }
    var recipients = new HashSet<Recipient>();
    for (var one : named) {
      if (Sender.read(
          "recipient " + one.address(),
          () -> chain.account().isRecipient(agentId, one.chainId(), one.address().hex()).send())) {
        recipients.add(one);
      }
    }
    return Mandate.uncounted(
        new Terms(
            terms.terms.expiry.longValueExact(),
            terms.terms.frequencyWindow.intValueExact(),
            terms.terms.maxTransactions.intValueExact(),
            terms.terms.maxAuditLag.intValueExact(),
            terms.terms.basic,
            terms.terms.open),
        new Tempo(
            terms.tempo.burst.intValueExact(),
            terms.tempo.burstWindow.intValueExact(),
            terms.tempo.cooldown.intValueExact()),
        terms.frozen,
        byAsset,
        recipients);
  }

  private AssetMandate asset(Address asset) {
    var limit = headroom(asset).limit;
    var chains = new HashSet<BigInteger>();
    for (var id : chainIds()) {
      if (Sender.read(
          "chain " + id + " of " + asset,
          () -> chain.account().isAssetOnChain(agentId, asset.hex(), id).send())) {
        chains.add(id);
      }
    }
    return new AssetMandate(
        new AssetLimit(limit.perTransaction, limit.cap, limit.window.intValueExact()),
        chains,
        Usage.NONE);
  }

  /** What a contract said of this agent. */
  List<Log> logs(Address contract, Set<Hash> events) {
    var all = new ArrayList<Log>();
    var head = chain.client().head().number();
    for (var from = chain.deployment().block(); from <= head; from += BLOCKS) {
      all.addAll(
          chain
              .client()
              .logs(
                  from,
                  Math.min(head, from + BLOCKS - 1),
                  List.of(contract),
                  List.of(events, Set.of(Hash.of(Numeric.toBytesPadded(agentId, 32))))));
    }
    return all;
  }

  static Hash topic(Event event) {
    return Hash.of(EventEncoder.encode(event));
  }

  static BigInteger number(Hash topic) {
    return new BigInteger(1, topic.bytes());
  }

  static Address address(Hash topic) {
    return Address.of("0x" + topic.hex().substring(26));
  }
}
