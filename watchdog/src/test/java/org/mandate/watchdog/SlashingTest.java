package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.QuorumGateway;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageAbi;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;
import org.mandate.signer.Signature;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.generated.Bytes32;

/** Relayers with something to lose, who lie. */
class SlashingTest {
  private static final BigInteger BOND = World.ETHER;

  @TempDir Path directory;

  @Test
  void L7_whoAttestsWhatHomeNeverSentLosesItsBond() throws Exception {
    try (World world = World.start(directory)) {
      for (int relayer = 0; relayer < 3; relayer++) {
        world.bond(relayer, BOND);
      }
      try (Watchdog watchdog = world.watchdog(0)) {
        List<Intent> honest =
            List.of(
                world.payment(World.REMOTE, BigInteger.TEN),
                world.payment(World.REMOTE, BigInteger.TEN));
        world.deliver(world.sent(world.submit(honest.getFirst())));
        Message sent = world.sent(world.submit(honest.getLast()));
        World.await(
            "it is final",
            World.PATIENCE,
            () -> world.home.client.finalized().number() > world.home.client.head().number() - 3);
        Thread.sleep(5000);
        Intent forged = world.payment(World.REMOTE, BigInteger.TWO);
        world.deliverMany(List.of(sent, world.forged(forged)));
        World.await(
            "both signers are slashed",
            World.PATIENCE,
            () -> world.bonded(0).signum() == 0 && world.bonded(2).signum() == 0);
        assertEquals(BOND, world.bonded(1), "who did not sign loses nothing");
        assertEquals(IntentState.DISPUTED, world.state(forged));
        honest.forEach(intent -> assertEquals(IntentState.QUEUED, world.state(intent)));
        World.await(
            "it is told",
            World.PATIENCE,
            () ->
                watchdog.findings().stream()
                        .flatMap(found -> found.deeds().stream())
                        .filter(
                            deed ->
                                deed.what().startsWith("slash relayer")
                                    && deed.outcome()
                                        .contains(
                                            BOND.shiftRight(1) + " wei to " + watchdog.address()))
                        .count()
                    == 2);
        assertTrue(
            watchdog.findings().stream()
                .noneMatch(
                    found ->
                        honest.stream()
                            .anyMatch(
                                intent ->
                                    found
                                        .intentId()
                                        .filter(intent.id(world.domain)::equals)
                                        .isPresent())));
      }
    }
  }

  @Test
  void L7_whoHidesBehindADecoyLosesItsBondAllTheSame() throws Exception {
    try (World world = World.start(directory)) {
      world.bond(0, BOND);
      world.bond(2, BOND);
      world.bondStranger(BOND);
      try (Watchdog watchdog = world.watchdog(0)) {
        Intent forged = world.payment(World.REMOTE, BigInteger.TWO);
        Message message = world.forged(forged);
        AttestationDomain domain = AttestationDomain.of(world.remoteDeployment);
        Hash id = message.id(domain.gateway());
        Bytes strangers =
            Attestation.forDelivery(domain, List.of(Attestation.sign(domain, id, World.STRANGER)));
        Bytes signatures =
            Attestation.forDelivery(
                domain, List.of(world.attestation(id, 0), world.attestation(id, 2)));
        passOn(
            world,
            domain.gateway(),
            List.of(
                delivery(message, Bytes.of(new byte[Signature.COMPACT_SIZE])),
                delivery(message, strangers),
                delivery(message, signatures)));
        World.await(
            "both signers are slashed",
            World.PATIENCE,
            () -> world.bonded(0).signum() == 0 && world.bonded(2).signum() == 0);
        assertEquals(IntentState.DISPUTED, world.state(forged));
        assertTrue(watchdog.findings().stream().anyMatch(told -> told.check() == Check.FORGERY));
        Thread.sleep(3000);
        assertEquals(
            BOND,
            world.bonded(World.STRANGER.address()),
            "whose signature never counted is worth no transaction");
      }
    }
  }

  private static byte[] delivery(Message message, Bytes signatures) {
    return Abi.call(
        QuorumGateway.FUNC_DELIVER,
        MessageAbi.toGateway(message),
        new DynamicArray<>(Bytes32.class, List.of()),
        new DynamicBytes(signatures.bytes()));
  }

  /** Through a contract that calls the gateway with the last of them. */
  private static void passOn(World world, Address gateway, List<byte[]> calls) {
    String forwarder = "0x" + "f0".repeat(20);
    // From the place that the first word names: copy, call.
    world.remote.rpc(
        "anvil_setCode",
        forwarder,
        "0x5f358036038091" + "5f375f5f915f5f73" + gateway.hex().substring(2) + "5af100");
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    int last = 32 + calls.stream().mapToInt(call -> call.length).sum() - calls.getLast().length;
    data.writeBytes(Bytes.of("0x%064x".formatted(last)).bytes());
    calls.forEach(data::writeBytes);
    world.remote.rpc(
        "eth_sendTransaction",
        Map.of(
            "from",
            World.RICH.getAddress(),
            "to",
            forwarder,
            "gas",
            "0x2dc6c0",
            "data",
            Bytes.of(data.toByteArray()).hex()));
  }

  @Test
  void L7_whatARelayerCalledBackBeforeItWasNamedIsInItsBondAgain() throws Exception {
    try (World world = World.start(directory)) {
      world.bond(0, BOND);
      world.bond(1, BOND);
      world.nameRelayers(1, 2);
      world.unbond(0, BOND);
      try (Watchdog watchdog = world.watchdog(0)) {
        Thread.sleep(8000);
        assertEquals(BOND, world.unbonding(0), "who is no relayer takes back what is its own");
        world.nameRelayers(0, 1, 2);
        World.await(
            "it is in the bond again",
            World.PATIENCE,
            () -> world.bonded(0).equals(BOND) && world.unbonding(0).signum() == 0);
        World.await(
            "it is told",
            World.PATIENCE,
            () ->
                watchdog.findings().stream()
                    .anyMatch(
                        found ->
                            found.check() == Check.BOND
                                && found.status() == Finding.Status.STOPPED
                                && found.deeds().size() == 1));
        assertEquals(1, watchdog.findings().size(), watchdog.findings().toString());
      }
    }
  }

  @Test
  void L7_whoAttestedAForgeryThatExecutedLosesItsBondLater() throws Exception {
    try (World world = World.start(directory)) {
      world.bond(0, BOND);
      // Nobody watches while it happens.
      Intent forged = world.payment(World.REMOTE, BigInteger.TEN);
      world.deliver(world.forged(forged));
      world.awaitDue(forged);
      world.execute(forged);
      try (Watchdog watchdog = world.watchdog(0)) {
        World.await("the signer is slashed", World.PATIENCE, () -> world.bonded(0).signum() == 0);
        World.await(
            "it is told",
            World.PATIENCE,
            () ->
                watchdog.findings().stream()
                    .filter(found -> found.check() == Check.EXECUTION)
                    .flatMap(found -> found.deeds().stream())
                    .anyMatch(deed -> deed.what().startsWith("slash relayer")));
      }
    }
  }
}
