package org.mandate.policy;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.contracts.AgentVault;
import org.mandate.intent.Intent;

/** The evaluator's values as an account takes and gives them. */
final class VaultCalls {
  private VaultCalls() {}

  /**
   * @param stops of the agent, as governance knows them
   */
  static String change(AgentVault vault, BigInteger id, PolicyChange change, BigInteger stops) {
    return switch (change) {
      case PolicyChange.SetTerms(Terms t) ->
          vault
              .setTerms(
                  id,
                  new AgentVault.Terms(
                      BigInteger.valueOf(t.expiry()),
                      BigInteger.valueOf(t.frequencyWindow()),
                      BigInteger.valueOf(t.maxTransactions()),
                      BigInteger.valueOf(t.maxAuditLag()),
                      t.basic(),
                      t.open()))
              .encodeFunctionCall();
      case PolicyChange.SetTempo(Tempo t) ->
          vault
              .setTempo(
                  id,
                  new AgentVault.Tempo(
                      BigInteger.valueOf(t.burst()),
                      BigInteger.valueOf(t.burstWindow()),
                      BigInteger.valueOf(t.cooldown())))
              .encodeFunctionCall();
      case PolicyChange.SetLimit(Address asset, AssetLimit l) ->
          vault
              .setLimit(
                  id,
                  asset.hex(),
                  new AgentVault.Limit(l.perTransaction(), l.cap(), BigInteger.valueOf(l.window())))
              .encodeFunctionCall();
      case PolicyChange.DropAsset(Address asset) ->
          vault.dropAsset(id, asset.hex()).encodeFunctionCall();
      case PolicyChange.SetAssetChain(Address asset, BigInteger chainId, boolean allowed) ->
          vault.setAssetChain(id, asset.hex(), chainId, allowed).encodeFunctionCall();
      case PolicyChange.SetRecipient(Recipient recipient, boolean allowed) ->
          vault
              .setRecipient(id, recipient.chainId(), recipient.address().hex(), allowed)
              .encodeFunctionCall();
      case PolicyChange.Freeze freeze -> vault.freeze(id).encodeFunctionCall();
      case PolicyChange.Thaw thaw -> vault.thaw(id, stops).encodeFunctionCall();
    };
  }

  static AgentVault.Intent intent(Intent intent) {
    return new AgentVault.Intent(
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

  static AgentVault.Finding finding(Finding found) {
    return new AgentVault.Finding(
        BigInteger.valueOf(found.rule().ordinal()),
        found.source().hex(),
        found.limit(),
        found.left(),
        BigInteger.valueOf(found.availableAt()),
        BigInteger.valueOf(found.tier().ordinal()),
        BigInteger.valueOf(found.delay()),
        found.recipient().hex());
  }

  /** The number that {@code answer} is. */
  static BigInteger number(String answer) {
    return new BigInteger(new Rpc.Called(false, answer).word(0, 0), 16);
  }

  /** The verdict in {@code answer}, from its word {@code first} on. */
  static Verdict verdict(String answer, int skipped, int first) {
    Rpc.Called words = new Rpc.Called(false, answer);
    BigInteger[] word = new BigInteger[8];
    for (int i = 0; i < word.length; i++) {
      word[i] = new BigInteger(words.word(skipped, first + i), 16);
    }
    return new Verdict(
        Rule.values()[word[0].intValueExact()],
        word[1].signum() == 1,
        Tier.values()[word[2].intValueExact()],
        word[3].longValueExact(),
        word[4],
        word[5],
        word[6].longValueExact(),
        Address.of("0x%040x".formatted(word[7])));
  }
}
