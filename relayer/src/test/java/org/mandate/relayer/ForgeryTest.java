package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mandate.audit.AuditReport;
import org.mandate.audit.AuditVerifier;
import org.mandate.audit.AuditedChain;
import org.mandate.audit.Finding;
import org.mandate.chain.Address;
import org.mandate.chain.Deployment;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.QuorumGateway;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;

/** A quorum lies: it delivers what home never sent. */
class ForgeryTest {
  @Test
  void L7_shouldNotExecuteWhatHomeNeverDispatched() throws Exception {
    try (Town town = Town.build(1, 1);
        Relayer relayer =
            Relayer.start(town.config(0, List.of()), Town.relayer(0), Clock.systemUTC())) {
      Intent intent = town.payment(Town.REMOTE, town.token, 900);
      BigInteger home = BigInteger.valueOf(Town.HOME);
      Message message =
          new Message(
              home,
              BigInteger.valueOf(999),
              new InteroperableAddress(home, town.atHome.executor()).encode(),
              new InteroperableAddress(BigInteger.valueOf(Town.REMOTE), town.atHome.executor())
                  .encode(),
              IntentAbi.encode(intent, 0));
      Address at = town.atHome.gateway();
      AttestationDomain domain = AttestationDomain.of(town.atHome);
      Attestation attestation = Attestation.sign(domain, message.id(at), Town.relayer(0));
      Sender anyone = town.remote.sender(Town.credentials(1));
      QuorumGateway gateway =
          QuorumGateway.load(
              town.atRemote.gateway().hex(), anyone.web3j(), anyone.reader(), Sender.NO_GAS);
      QuorumGateway.Message forged =
          new QuorumGateway.Message(
              message.sourceChainId(),
              message.nonce(),
              message.sender().bytes(),
              message.recipient().bytes(),
              message.payload().bytes());
      anyone.send(
          Call.of(
              "deliver a forgery",
              town.atRemote.gateway().hex(),
              gateway.deliver(
                  forged,
                  List.of(),
                  Attestation.forDelivery(domain, List.of(attestation)).bytes())));
      Hash id = intent.id(town.domain());
      town.awaitParked(relayer.port(), id, "NOT_DISPATCHED", Duration.ofSeconds(120));
      Thread.sleep(9_000); // past the dispute window, which nobody used
      JsonObject end = town.intent(relayer.port(), id);
      assertEquals("QUEUED", end.getString("state"), end.encodePrettily());
      assertEquals(0, end.getJsonArray("transactions").size(), end.encodePrettily());
      assertEquals(BigInteger.ZERO, town.received(town.remote));

      // Nobody disputes it, so anyone may execute it; whoever audits must be told.
      assertEquals(List.of("can be executed"), forgeries(town));
      DestinationExecutor executor =
          DestinationExecutor.load(
              town.atRemote.executor().hex(), anyone.web3j(), anyone.reader(), Sender.NO_GAS);
      anyone.send(
          Call.of(
              "execute a forgery",
              town.atRemote.executor().hex(),
              executor.execute(IntentAbi.toDestination(intent))));
      assertEquals(BigInteger.valueOf(900), town.received(town.remote));
      assertEquals(List.of("was executed"), forgeries(town));
    }
  }

  /** What the audit says of each forgery it finds. */
  private static List<String> forgeries(Town town) {
    AuditReport report =
        new AuditVerifier(
                List.of(
                    audited(town, town.home, town.atHome),
                    audited(town, town.remote, town.atRemote)),
                cid -> Optional.empty())
            .verify(town.agentId);
    assertFalse(report.ok(), report.toString());
    return report.findings().stream()
        .filter(Finding.Forgery.class::isInstance)
        .map(found -> ((Finding.Forgery) found).outcome())
        .map(outcome -> outcome.replaceFirst(".*(can be executed|was executed).*", "$1"))
        .toList();
  }

  private static AuditedChain audited(Town town, Anvil chain, Deployment deployment) {
    return new AuditedChain(
        chain.client(),
        new Finality.Confirmations(0),
        town.domain(),
        deployment.account(),
        deployment.block());
  }
}
