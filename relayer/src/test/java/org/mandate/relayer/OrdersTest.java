package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.contracts.TestToken;
import org.mandate.deploy.Call;
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.DeploymentParameters.Remote;
import org.mandate.deploy.Sender;

/** Orders of home's governance, attested and delivered like any message, on two real chains. */
class OrdersTest {
  private static final Duration SOON = Duration.ofSeconds(180);
  private static final BigInteger WAITING = BigInteger.ONE;
  private static final BigInteger EXECUTED = BigInteger.valueOf(5);
  private static final Duration DELAY = Duration.ofDays(3);
  private static Town town;
  private static Relayer relayer;

  @BeforeAll
  static void start() throws Exception {
    town =
        Town.build(
            1,
            1,
            new AcrossChains(
                AcrossChains.DEFAULT.pause(),
                AcrossChains.DEFAULT.unbonding(),
                BigInteger.ZERO,
                List.of(),
                Optional.of(new Remote(DELAY, Optional.empty())),
                Optional.empty()));
    relayer = Relayer.start(town.config(0, List.of()), Town.relayer(0), Clock.systemUTC());
  }

  @AfterAll
  static void stop() throws Exception {
    relayer.close();
    town.close();
  }

  @Test
  void L3_shouldCarryAnOrderThereOnceAndNextToPayments() throws Exception {
    // What stands in the way of what it calls is the other chain's business.
    List<RemoteGovernance.Call> calls = List.of(approval(7));
    Hash salt = Hash.keccak("once");
    order(calls, salt);
    Hash paid = town.submit(relayer.port(), town.payment(Town.REMOTE, town.token, 70));
    RemoteGovernance.Order first = await(calls, salt, WAITING);
    assertEquals(
        "EXECUTED", town.awaitState(relayer.port(), paid, "EXECUTED", SOON).getString("state"));

    // The same order again is another message, which nothing takes while the first one waits.
    order(calls, salt);
    Hash next = town.submit(relayer.port(), town.payment(Town.REMOTE, town.token, 71));
    town.awaitState(relayer.port(), next, "EXECUTED", SOON);
    assertEquals(Hash.of(first.messageId), Hash.of(await(calls, salt, WAITING).messageId));

    for (Anvil chain : List.of(town.home, town.remote))
      chain.ask("evm_increaseTime", DELAY.plusMinutes(1).toSeconds());
    Thread.sleep(2000);
    Sender anyone = town.remote.sender(Town.credentials(7));
    anyone.send(
        Call.of(
            "execute",
            governance().hex(),
            contract(anyone).execute(calls, salt.bytes(), BigInteger.ZERO)));
    await(calls, salt, EXECUTED);
    TestToken dollars =
        TestToken.load(town.token.hex(), anyone.web3j(), anyone.reader(), Sender.NO_GAS);
    assertEquals(
        BigInteger.valueOf(7), dollars.allowance(governance().hex(), town.recipient.hex()).send());
    assertTrue(town.get(relayer.port(), "/v1/evidence").body().contains("\"evidence\":[]"));
  }

  /** A call that leaves a trace, and that nothing forbids. */
  private static RemoteGovernance.Call approval(long amount) {
    Sender reader = town.remote.sender(Town.credentials(1));
    TestToken dollars =
        TestToken.load(town.token.hex(), reader.web3j(), reader.reader(), Sender.NO_GAS);
    return new RemoteGovernance.Call(
        town.token.hex(),
        BigInteger.ZERO,
        org.web3j.utils.Numeric.hexStringToByteArray(
            dollars
                .approve(town.recipient.hex(), BigInteger.valueOf(amount))
                .encodeFunctionCall()));
  }

  private static void order(List<RemoteGovernance.Call> calls, Hash salt) {
    Sender authority = town.home.sender(Town.credentials(1));
    authority.send(
        Call.of(
            "order",
            governance().hex(),
            contract(authority).order(BigInteger.valueOf(Town.REMOTE), calls, salt.bytes())));
  }

  private static RemoteGovernance.Order await(
      List<RemoteGovernance.Call> calls, Hash salt, BigInteger state) throws Exception {
    RemoteGovernance there = contract(town.remote.sender(Town.credentials(1)));
    byte[] id = there.idOf(BigInteger.valueOf(Town.REMOTE), calls, salt.bytes()).send();
    Instant end = Instant.now().plus(SOON);
    RemoteGovernance.Order order = there.orderOf(id).send();
    while (!order.state.equals(state)) {
      assertTrue(Instant.now().isBefore(end), "order is still in state " + order.state);
      Thread.sleep(300);
      order = there.orderOf(id).send();
    }
    return order;
  }

  private static RemoteGovernance contract(Sender sender) {
    return RemoteGovernance.load(
        governance().hex(), sender.web3j(), sender.reader(), Sender.NO_GAS);
  }

  private static Address governance() {
    return town.atRemote.remoteGovernance().orElseThrow();
  }
}
