package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Fees;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.JsonRpcClient;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageTree;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.SignedIntent;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.send.FeeLimit;
import org.mandate.relayer.send.RelayerPolicy;
import org.mandate.relayer.work.ContractCalls.Call;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.signer.Signer;
import org.mandate.signer.SigningRefusedException;
import org.mandate.signer.Transactions;

/** A relayer's key signs what relayers do, and nothing else. */
class RelayerPolicyTest {
  private static final Address REGISTRY = address("a1");
  private static final Address EXECUTOR = address("a2");
  private static final Address GATEWAY = address("a3");
  private static final Address ACCOUNT = address("a4");
  private static final Address TOKEN = address("a5");
  private static final Intent INTENT =
      new Intent(
          BigInteger.ONE,
          ACCOUNT,
          BigInteger.TWO,
          TOKEN,
          address("b1"),
          BigInteger.TEN,
          Bytes.EMPTY,
          BigInteger.ONE,
          BigInteger.TEN);
  private static final Message MESSAGE =
      new Message(
          BigInteger.ONE,
          BigInteger.ONE,
          new InteroperableAddress(BigInteger.ONE, EXECUTOR).encode(),
          new InteroperableAddress(BigInteger.TWO, EXECUTOR).encode(),
          Bytes.EMPTY);

  private final FollowedChain home = chain(1);
  private final FollowedChain other = chain(2);
  private final PrivateKeySigner key = new PrivateKeySigner(BigInteger.TEN);
  private final Signer signer =
      new GuardedSigner(
          key, RelayerPolicy.of(Map.of(home, FeeLimit.ofGwei(5, 1), other, FeeLimit.ofGwei(5, 1))));

  private static Address address(String two) {
    return Address.of("0x" + two.repeat(20));
  }

  private static FollowedChain chain(long id) {
    var nobody =
        new JsonRpcClient(
            java.net.URI.create("http://127.0.0.1:9"), java.time.Duration.ofSeconds(1));
    return new FollowedChain(
        id,
        new SeveralNodes(List.of(nobody)),
        Finality.of("finalized"),
        0,
        1,
        REGISTRY,
        EXECUTOR,
        GATEWAY,
        ACCOUNT,
        address("a6"));
  }

  private static Transactions.Request transaction(FollowedChain chain, Call call) {
    var gwei = BigInteger.TEN.pow(9);
    return new Transactions.Request(
        chain.bigId(),
        0,
        new Fees(BigInteger.ZERO, gwei, gwei),
        100_000,
        call.to(),
        BigInteger.ZERO,
        call.data());
  }

  @Test
  void shouldSignEveryCallThatARelayerMakes() {
    Map<String, Call> atHome = new LinkedHashMap<>();
    var calls = new ContractCalls(home);
    atHome.put("submit", calls.submit(INTENT, Bytes.of("0x12")));
    atHome.put("submitMany", calls.submitMany(List.of(INTENT), List.of(Bytes.of("0x12"))));
    atHome.put("proceed", calls.proceed(INTENT));
    atHome.put("proceedApproved", calls.proceedApproved(INTENT, List.of()));
    atHome.put("expire", calls.expire(INTENT));
    atHome.put("settle", calls.settle(List.of(INTENT)));
    atHome.put("settleOne", calls.settleOne(INTENT));
    atHome.put("resend", calls.resend(INTENT));
    Map<String, Call> onEither = new LinkedHashMap<>();
    var tree = MessageTree.over(List.of(MESSAGE.id(GATEWAY)));
    onEither.put("deliver", calls.deliver(MESSAGE, List.of(), Bytes.of("0x12")));
    onEither.put(
        "deliverMany",
        calls.deliverMany(
            List.of(MESSAGE), tree.multiproof(List.of(MESSAGE.id(GATEWAY))), Bytes.of("0x12")));
    onEither.put("publish", calls.publish(BigInteger.ONE, 1, 2, Hash.ZERO, Hash.ZERO));
    Map<String, Call> elsewhere = new LinkedHashMap<>();
    elsewhere.put("execute", calls.execute(INTENT));
    elsewhere.put("executeMany", calls.executeMany(List.of(INTENT)));
    elsewhere.put("resolve", calls.resolve(INTENT));
    elsewhere.put("hasten", calls.hasten(MESSAGE, List.of(), Bytes.of("0x12")));
    elsewhere.put("report", calls.report(List.of(Hash.ZERO)));

    atHome.values().forEach(call -> signer.sign(transaction(home, call)));
    elsewhere.values().forEach(call -> signer.sign(transaction(other, call)));
    signer.sign(transaction(other, atHome.get("expire")));
    for (Call call : onEither.values()) {
      signer.sign(transaction(home, call));
      signer.sign(transaction(other, call));
    }
    // What is made there and not tried here would be found out by a stuck relayer.
    Set<String> made =
        Arrays.stream(ContractCalls.class.getDeclaredMethods())
            .filter(m -> m.getReturnType() == Call.class && !m.getName().equals("call"))
            .map(java.lang.reflect.Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> tried = new TreeSet<>(atHome.keySet());
    tried.addAll(onEither.keySet());
    tried.addAll(elsewhere.keySet());
    assertEquals(made, tried);
  }

  @Test
  void L7_shouldSignNothingElse() {
    var mine =
        new Call(ACCOUNT, Bytes.of("0xf3fef3a3" + "00".repeat(64))); // withdraw(address,uint256)
    var stop = new Call(ACCOUNT, data("stop(uint8,uint256)"));
    var transfer = new Call(TOKEN, data("transfer(address,uint256)"));
    var wallet = new Call(REGISTRY, data("setAgentWallet(uint256,address,uint256,bytes)"));
    var payee = new Call(address("b1"), Bytes.EMPTY);
    for (Call call : List.of(mine, stop, transfer, wallet, payee)) {
      for (FollowedChain chain : List.of(home, other, chain(3))) {
        var refused =
            assertThrows(
                SigningRefusedException.class, () -> signer.sign(transaction(chain, call)));
        assertTrue(refused.getMessage().contains("does not sign"), refused.getMessage());
      }
    }
    // another agent's intent, in the relayer's name
    assertThrows(
        SigningRefusedException.class,
        () -> SignedIntent.sign(INTENT, new IntentDomain(BigInteger.ONE, EXECUTOR), signer));
  }

  @Test
  void L7_shouldAttestAtItsOwnGatewayOnly() {
    var domain = new AttestationDomain(BigInteger.ONE, GATEWAY);
    assertTrue(Attestation.sign(domain, Hash.ZERO, signer).isBy(domain, key.address()));
    for (AttestationDomain wrong :
        List.of(
            new AttestationDomain(BigInteger.TWO, GATEWAY),
            new AttestationDomain(BigInteger.ONE, EXECUTOR))) {
      assertThrows(SigningRefusedException.class, () -> Attestation.sign(wrong, Hash.ZERO, signer));
    }
  }

  private static Bytes data(String function) {
    return Bytes.of(Hash.keccak(function).hex().substring(0, 10) + "00".repeat(64));
  }
}
