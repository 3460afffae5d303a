package org.mandate.deploy;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.mandate.contracts.AgentRegistry;
import org.web3j.abi.TypeEncoder;
import org.web3j.abi.datatypes.Address;
import org.web3j.abi.datatypes.Type;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.crypto.Credentials;
import org.web3j.crypto.Hash;
import org.web3j.crypto.Sign;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.utils.Numeric;

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
   * Sets the key that the agent acts with; the key proves itself by an EIP-712 signature over the agent, its owner, a
   * nonce and a deadline.
   *
   * @param owner the agent's owner, who sends the transaction
   * @param wallet the agent's key
   */
  public void setWallet(Sender owner, BigInteger agentId, Credentials wallet) {
    var proof = prove(owner, agentId, wallet);
    owner.send(
        Call.of(
            "set wallet of agent " + agentId,
            registry,
            contract(owner).setAgentWallet(agentId, wallet.getAddress(), proof.deadline(), proof.signature())));
  }

  /**
   * A proof that the owner can send from elsewhere.
   *
   * @param deadline unix seconds
   * @param signature 65 bytes {@code r ‖ s ‖ v}
   */
  public record WalletProof(BigInteger deadline, byte[] signature) {}

  /** Signs the proof for the agent's present owner and nonce, valid for ten minutes of the chain's clock. */
  public WalletProof prove(Sender reader, BigInteger agentId, Credentials wallet) {
    var contract = contract(reader);
    var owner = Sender.read("owner of agent " + agentId, () -> contract.ownerOf(agentId).send());
    var nonce = Sender.read("wallet nonce", () -> contract.walletNonce(agentId).send());
    var deadline =
        Sender.answer(
                "latest block",
                () -> reader.web3j().ethGetBlockByNumber(DefaultBlockParameterName.LATEST, false).send())
            .getBlock()
            .getTimestamp()
            .add(BigInteger.valueOf(PROOF_AGE.toSeconds()));
    var digest = digest(reader.chainId(), registry, agentId, wallet.getAddress(), owner, nonce, deadline);
    return new WalletProof(deadline, sign(digest, wallet));
  }

  /** The EIP-712 digest that a new wallet signs, docs/architecture.md. */
  static byte[] digest(
      long chainId,
      String registry,
      BigInteger agentId,
      String wallet,
      String owner,
      BigInteger nonce,
      BigInteger deadline) {
    var domain =
        hash(
            word("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
            word("AgentRegistry"),
            word("1"),
            new Uint256(chainId),
            new Address(160, registry));
    var struct =
        hash(
            word("AgentWalletSet(uint256 agentId,address newWallet,address owner,uint256 nonce,uint256 deadline)"),
            new Uint256(agentId),
            new Address(160, wallet),
            new Address(160, owner),
            new Uint256(nonce),
            new Uint256(deadline));
    return Hash.sha3(
        Numeric.hexStringToByteArray(
            "0x1901" + Numeric.toHexStringNoPrefix(domain) + Numeric.toHexStringNoPrefix(struct)));
  }

  private static Bytes32 word(String text) {
    return new Bytes32(Hash.sha3(text.getBytes(StandardCharsets.UTF_8)));
  }

  @SuppressWarnings("rawtypes")
  private static byte[] hash(Type... words) {
    var encoded = new StringBuilder();
    for (var word : List.<Type>of(words)) {
      encoded.append(TypeEncoder.encode(word));
    }
    return Hash.sha3(Numeric.hexStringToByteArray(encoded.toString()));
  }

  private static byte[] sign(byte[] digest, Credentials key) {
    var signature = Sign.signMessage(digest, key.getEcKeyPair(), false);
    var bytes = new byte[65];
    System.arraycopy(signature.getR(), 0, bytes, 0, 32);
    System.arraycopy(signature.getS(), 0, bytes, 32, 32);
    bytes[64] = signature.getV()[0];
    return bytes;
  }

  private AgentRegistry contract(Sender sender) {
    return AgentRegistry.load(registry, sender.web3j(), sender.reader(), Sender.NO_GAS);
  }
}
