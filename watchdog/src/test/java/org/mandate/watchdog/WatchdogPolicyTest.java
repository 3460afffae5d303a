package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.chain.Fees;
import org.mandate.chain.Hash;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.PostedHashes;
import org.mandate.contracts.RelayerBonds;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageAbi;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.SignedIntent;
import org.mandate.policy.Breaker;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.signer.Signer;
import org.mandate.signer.SigningRefusedException;
import org.mandate.signer.Transactions;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.Type;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;

/** A watchdog's key stops things, and does nothing else. */
class WatchdogPolicyTest {
  private static final Address EXECUTOR = address("a1");
  private static final Address ACCOUNT = address("a2");
  private static final Address BONDS = address("a3");
  private static final Address GOVERNANCE = address("a4");
  private static final Address HASHES = address("a5");
  private static final Address GATEWAY = address("a6");
  private static final Intent INTENT =
      new Intent(
          BigInteger.ONE,
          ACCOUNT,
          BigInteger.ONE,
          GATEWAY,
          GATEWAY,
          BigInteger.ONE,
          Bytes.EMPTY,
          BigInteger.ONE,
          BigInteger.ONE);
  private static final org.web3j.abi.datatypes.Address SOMEBODY =
      new org.web3j.abi.datatypes.Address(GATEWAY.hex());

  @TempDir Path folder;

  private static Address address(String two) {
    return Address.of("0x" + two.repeat(20));
  }

  private Signer signer() {
    Map<String, Deployment.Contract> contracts = new HashMap<>();
    Map.of(
            "HomeExecutor", EXECUTOR,
            "AgentVault", ACCOUNT,
            "RelayerBonds", BONDS,
            "RemoteGovernance", GOVERNANCE,
            "PostedHashes", HASHES,
            "QuorumGateway", GATEWAY)
        .forEach(
            (name, at) -> contracts.put(name, new Deployment.Contract(at, Hash.ZERO, Bytes.EMPTY)));
    Path file = folder.resolve("1.json");
    new Deployment(BigInteger.ONE, BigInteger.ONE, 0, contracts).write(file);
    URI nowhere = URI.create("http://127.0.0.1:9");
    var chain =
        new WatchdogConfig.ChainSettings(
            1,
            List.of(nowhere),
            file,
            "finalized",
            Duration.ofMillis(500),
            Duration.ofSeconds(5),
            Duration.ofMinutes(2));
    var second =
        new WatchdogConfig.ChainSettings(
            2,
            List.of(nowhere),
            file,
            "finalized",
            Duration.ofMillis(500),
            Duration.ofSeconds(5),
            Duration.ofMinutes(2));
    var config =
        new WatchdogConfig(
            List.of(chain, second),
            org.mandate.signer.KeySettings.keystore(
                folder, Address.ZERO, Optional.of(folder), Optional.empty()),
            new WatchdogConfig.HttpSettings("127.0.0.1", 0),
            Optional.empty(),
            Optional.empty(),
            Duration.ofSeconds(30),
            Duration.ofMinutes(2),
            WatchdogConfig.WhenHomeIsSilent.DISPUTE,
            BigInteger.valueOf(100),
            BigInteger.TEN,
            BigInteger.ONE,
            BigInteger.valueOf(7),
            List.of());
    return new GuardedSigner(
        new PrivateKeySigner(BigInteger.TEN), WatchdogPolicy.of(config, List.of(Link.open(chain))));
  }

  private static Transactions.Request transaction(Address to, long value, byte[] data) {
    return new Transactions.Request(
        BigInteger.ONE,
        0,
        new Fees(BigInteger.ZERO, BigInteger.ONE, BigInteger.TEN),
        100_000,
        to,
        BigInteger.valueOf(value),
        Bytes.of(data));
  }

  private static Transactions.Request transaction(Address to, Bytes data) {
    return transaction(to, 0, data.bytes());
  }

  @Test
  void shouldSignWhatStops() {
    Signer signer = signer();
    Bytes32 id = new Bytes32(new byte[32]);
    signer.sign(transaction(EXECUTOR, ExecutorState.dispute(INTENT)));
    signer.sign(transaction(EXECUTOR, 7, ExecutorState.dispute(INTENT).bytes()));
    signer.sign(transaction(EXECUTOR, 0, Abi.call("pause", new Uint256(0))));
    signer.sign(transaction(EXECUTOR, 0, Abi.call(HomeExecutor.FUNC_DROPRESULT, id)));
    signer.sign(
        transaction(EXECUTOR, 0, Abi.call(DestinationExecutor.FUNC_CLOSEGATEWAY, SOMEBODY)));
    signer.sign(
        transaction(
            EXECUTOR, 0, Abi.call(DestinationExecutor.FUNC_WITHDRAWBONDS, abi(signer.address()))));
    signer.sign(
        transaction(BONDS, 0, slash(RelayerBonds.FUNC_SLASHUNDISPATCHED, 1, signer.address())));
    signer.sign(
        transaction(BONDS, 0, slash(RelayerBonds.FUNC_SLASHEQUIVOCATION, 2, signer.address())));
    signer.sign(transaction(ACCOUNT, new Stoppable.Agent(BigInteger.ONE).stop()));
    signer.sign(
        transaction(ACCOUNT, new Stoppable.Everybody(new Breaker.OfChain(BigInteger.ONE)).stop()));
    signer.sign(transaction(BONDS, 0, Abi.call(RelayerBonds.FUNC_REBOND, SOMEBODY)));
    signer.sign(transaction(GOVERNANCE, 0, Abi.call(RemoteGovernance.FUNC_VETO, id)));
    signer.sign(transaction(HASHES, 0, Abi.call(PostedHashes.FUNC_RETRACT, new Uint256(0))));
    signer.sign(transaction(signer.address(), Bytes.EMPTY));
  }

  @Test
  void L7_shouldSignNothingElse() {
    Signer signer = signer();
    refuses(signer, transaction(EXECUTOR, 8, ExecutorState.dispute(INTENT).bytes()));
    refuses(signer, transaction(ACCOUNT, 0, Abi.call("thaw", new Uint256(0))));
    refuses(signer, transaction(BONDS, 0, Abi.call("withdraw", SOMEBODY)));
    refuses(signer, transaction(HASHES, 0, Abi.call("setAuthority", SOMEBODY)));
    refuses(signer, transaction(GATEWAY, 0, Abi.call("setAuthority", SOMEBODY)));
    refuses(signer, transaction(GATEWAY, 1, new byte[0]));
    assertThrows(
        SigningRefusedException.class,
        () -> SignedIntent.sign(INTENT, new IntentDomain(BigInteger.ONE, EXECUTOR), signer));
  }

  @Test
  void L7_whatComesBackGoesToItselfAlone() {
    Signer signer = signer();
    refuses(
        signer,
        transaction(EXECUTOR, 0, Abi.call(DestinationExecutor.FUNC_WITHDRAWBONDS, SOMEBODY)));
    refuses(signer, transaction(EXECUTOR, 0, Abi.call(DestinationExecutor.FUNC_WITHDRAWBONDS)));
    refuses(signer, transaction(BONDS, 0, slash(RelayerBonds.FUNC_SLASHUNDISPATCHED, 1, GATEWAY)));
    refuses(signer, transaction(BONDS, 0, slash(RelayerBonds.FUNC_SLASHEQUIVOCATION, 2, GATEWAY)));
    // A payee with more than an address in its word is none.
    byte[] dirty = Abi.call(DestinationExecutor.FUNC_WITHDRAWBONDS, abi(signer.address()));
    dirty[4] = 1;
    refuses(signer, transaction(EXECUTOR, 0, dirty));
  }

  private static org.web3j.abi.datatypes.Address abi(Address address) {
    return new org.web3j.abi.datatypes.Address(address.hex());
  }

  /** A deed with so many messages. */
  private static byte[] slash(String function, int messages, Address payee) {
    List<Type<?>> arguments = new ArrayList<>();
    for (int i = 0; i < messages; i++) {
      arguments.add(
          MessageAbi.toBonds(
              new Message(
                  BigInteger.ONE,
                  BigInteger.ONE,
                  Bytes.of("0x01"),
                  Bytes.of("0x02"),
                  Bytes.EMPTY)));
      arguments.add(new DynamicArray<>(Bytes32.class, List.of()));
      arguments.add(new DynamicBytes(new byte[65]));
    }
    arguments.add(abi(payee));
    return Abi.call(function, arguments.toArray(Type<?>[]::new));
  }

  private static void refuses(Signer signer, Transactions.Request transaction) {
    assertThrows(SigningRefusedException.class, () -> signer.sign(transaction));
  }
}
