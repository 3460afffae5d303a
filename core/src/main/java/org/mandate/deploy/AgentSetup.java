package org.mandate.deploy;

import java.math.BigInteger;
import java.time.Duration;
import org.mandate.chain.Address;
import org.mandate.contracts.AgentRegistry;
import org.mandate.intent.AgentWalletProof;
import org.mandate.signer.Signer;
import org.web3j.protocol.core.DefaultBlockParameterName;

/** Registers agents, and proves that an agent holds its key. */
public final class AgentSetup {
  private static final Duration PROOF_AGE = Duration.ofMinutes(10);

  private final String registry;

  public AgentSetup(String registry) {
    this.registry = registry;
  }

  /**
   * Registers an agent owned by the sender, pending and without a key.
   *
   * @param uri where the agent describes itself (ERC-8004), may be empty
   * @return the agent's id
   */
  public BigInteger register(Sender owner, String uri) {
    var receipt = owner.send(Call.of("register agent", registry, contract(owner).register(uri)));
    return AgentRegistry.getRegisteredEvents(receipt).getFirst().agentId;
  }

  /**
   * Sets the key that the agent acts with; the key proves itself by an EIP-712 signature over the
   * agent, its owner, a nonce and a deadline.
   *
   * @param owner the agent's owner, who sends the transaction
   * @param wallet the agent's key
   */
  public void setWallet(Sender owner, BigInteger agentId, Signer wallet) {
    var proof = prove(owner, agentId, wallet);
    owner.send(
        Call.of(
            "set wallet of agent " + agentId,
            registry,
            contract(owner)
                .setAgentWallet(
                    agentId, wallet.address().hex(), proof.deadline(), proof.signature())));
  }

  /**
   * A proof that the owner can send from elsewhere.
   *
   * @param deadline unix seconds
   * @param signature 65 bytes {@code r ‖ s ‖ v}
   */
  public record WalletProof(BigInteger deadline, byte[] signature) {}

  /**
   * Signs the proof for the agent's present owner and nonce, valid for ten minutes of the chain's
   * clock.
   */
  public WalletProof prove(Sender reader, BigInteger agentId, Signer wallet) {
    var contract = contract(reader);
    var owner = Sender.read("owner of agent " + agentId, () -> contract.ownerOf(agentId).send());
    var nonce = Sender.read("wallet nonce", () -> contract.walletNonce(agentId).send());
    var deadline =
        Sender.answer(
                "latest block",
                () ->
                    reader
                        .web3j()
                        .ethGetBlockByNumber(DefaultBlockParameterName.LATEST, false)
                        .send())
            .getBlock()
            .getTimestamp()
            .add(BigInteger.valueOf(PROOF_AGE.toSeconds()));
    var proof = new AgentWalletProof(agentId, wallet.address(), Address.of(owner), nonce, deadline);
    var message = proof.message(BigInteger.valueOf(reader.chainId()), Address.of(registry));
    return new WalletProof(deadline, wallet.sign(message).bytes());
  }

  private AgentRegistry contract(Sender sender) {
    return AgentRegistry.load(registry, sender.web3j(), sender.reader(), Sender.NO_GAS);
  }
}
