package org.mandate.cli.bench.recovery;

import java.io.IOException;
import java.math.BigInteger;
import java.util.List;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.cli.local.Ledger;
import org.mandate.cli.local.Secrets;
import org.mandate.cli.local.Town;
import org.mandate.contracts.QuorumGateway;
import org.mandate.deploy.Call;
import org.mandate.deploy.DeploymentException;
import org.mandate.deploy.Sender;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageAbi;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.PrivateKey;
import org.mandate.signer.Signer;
import org.mandate.signer.SigningPolicy;
import org.mandate.signer.SigningRefusedException;
import org.mandate.signer.Transactions;
import org.mandate.signer.TypedData;
import org.web3j.crypto.Credentials;

/** What relayers that lie send through the gateways. */
final class Liars {
  private static final BigInteger ETHER = BigInteger.TEN.pow(18);
  private static final int TRIES = 5;

  /** Takes every message and does nothing: it answers with what ERC-7786 wants to hear. */
  private static final Address DEAF = Address.of("0x" + "de".repeat(20));

  private static final String DEAF_CODE = "0x632432ef2660e01b60005260206000f3";

  private Liars() {}

  /** What home never sent, delivered to the other chain under the number of home's next message. */
  static void lie(Town town, List<Integer> liars) throws IOException {
    town.remote().chain().ask("anvil_setCode", DEAF.hex(), DEAF_CODE);
    var here = sender(town.home());
    var there = sender(town.remote());
    for (int i = 1; ; i++) {
      try {
        deliver(town, liars, here, there);
        return;
      } catch (DeploymentException e) {
        // The number's own message was faster.
        if (i == TRIES) throw new IOException("nobody takes the lie", e);
      }
    }
  }

  private static void deliver(Town town, List<Integer> liars, Sender here, Sender there)
      throws IOException {
    var home = town.home().deployment();
    BigInteger next;
    try {
      next = gateway(town, here).nextNonce().send();
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
    var message =
        new Message(
            home.chainId(),
            next,
            new InteroperableAddress(home.chainId(), home.executor()).encode(),
            new InteroperableAddress(BigInteger.valueOf(Town.REMOTE), DEAF).encode(),
            Bytes.of("0xdead"));
    var id = message.id(home.gateway());
    var domain = AttestationDomain.of(home);
    var signatures =
        liars.stream().map(i -> Attestation.sign(domain, id, liar(town.relayerKey(i)))).toList();
    there.send(
        Call.of(
            "deliver a lie",
            home.gateway().hex(),
            gateway(town, there)
                .deliver(
                    MessageAbi.toGateway(message),
                    List.of(),
                    Attestation.forDelivery(domain, signatures).bytes())));
  }

  private static Sender sender(Ledger ledger) throws IOException {
    var anyone = Secrets.key();
    ledger.chain().fund(anyone.getAddress(), ETHER);
    return ledger.chain().sender(anyone);
  }

  private static QuorumGateway gateway(Town town, Sender sender) {
    return QuorumGateway.load(
        town.home().deployment().gateway().hex(), sender.web3j(), sender.reader(), Sender.NO_GAS);
  }

  /** A relayer's key, which signs whatever message it is given. */
  private static Signer liar(Credentials key) {
    return new GuardedSigner(
        new PrivateKey(key.getEcKeyPair().getPrivateKey()),
        new SigningPolicy() {
          @Override
          public void check(Address by, Transactions.Request transaction) {
            throw new SigningRefusedException("a liar sends nothing by that key");
          }

          @Override
          public void check(Address by, TypedData.Message message) {
            // Nothing keeps a liar from signing.
          }
        });
  }
}
