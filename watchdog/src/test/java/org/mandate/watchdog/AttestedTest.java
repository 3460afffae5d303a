package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageTree;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.watchdog.Attested.Contradiction;
import org.mandate.watchdog.Attested.Signed;

/** What two of a relayer's words contradict each other. */
class AttestedTest {
  private static final Address GATEWAY = Address.of("0x%040x".formatted(0x6a7e));
  private static final AttestationDomain DOMAIN = new AttestationDomain(BigInteger.ONE, GATEWAY);
  private static final PrivateKeySigner LIAR = new PrivateKeySigner(BigInteger.TWO);
  private static final PrivateKeySigner HONEST = new PrivateKeySigner(BigInteger.TEN);

  private final Attested attested = new Attested(DOMAIN, 4, 1 << 20);

  @Test
  void L7_shouldFindWhoSignedTwoContentsOfANumberAlsoUnderRootsOfMany() {
    Message truth = message(5, 31338, "truth");
    Message lie = message(5, 31339, "lie");
    assertEquals(Optional.empty(), attested.add(alone(truth, LIAR)));
    assertEquals(Optional.empty(), attested.add(alone(truth, LIAR)), "the same once more");
    assertEquals(Optional.empty(), attested.add(among(truth, LIAR)), "under another root");
    assertEquals(Optional.empty(), attested.add(alone(lie, HONEST)), "another's word");
    assertEquals(Optional.empty(), attested.add(alone(message(6, 31338, "next"), LIAR)));
    Signed second = among(lie, LIAR);
    Contradiction found = attested.against(second).orElseThrow();
    assertEquals(LIAR.address(), found.signer());
    assertEquals(truth, found.one().message());
    assertEquals(second, found.other());
    assertEquals(Optional.of(found), attested.add(second));
    assertEquals(Optional.empty(), attested.against(alone(truth, LIAR)), "it was the first");
  }

  @Test
  void L7_shouldTakeNothingThatDoesNotFitTogether() {
    Message message = message(5, 31338, "truth");
    Attestation other = Attestation.sign(DOMAIN, Hash.keccak("another root"), LIAR);
    assertThrows(
        IllegalArgumentException.class, () -> attested.add(new Signed(message, List.of(), other)));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            attested.add(
                new Signed(
                    message,
                    List.of(Hash.keccak("not on the way")),
                    alone(message, LIAR).attestation())));
    Message nowhere =
        new Message(
            BigInteger.ONE, BigInteger.TWO, Bytes.EMPTY, Bytes.of(new byte[] {1}), Bytes.EMPTY);
    assertThrows(
        IllegalArgumentException.class, () -> attested.add(new Signed(nowhere, List.of(), other)));
    // With another home, the same signature is another's, or nobody's.
    Attestation elsewhere =
        Attestation.sign(new AttestationDomain(BigInteger.TWO, GATEWAY), message.id(GATEWAY), LIAR);
    attested.add(alone(message(5, 31338, "lie"), LIAR));
    assertEquals(Optional.empty(), attested.against(new Signed(message, List.of(), elsewhere)));
  }

  @Test
  void shouldForgetTheOldestNumbersFirst() {
    Signed first = alone(message(1, 31338, "first"), LIAR);
    attested.add(first);
    for (int number = 2; number <= 4; number++)
      attested.add(alone(message(number, 31338, ""), LIAR));
    Signed other = alone(message(1, 31338, "other"), LIAR);
    assertEquals(first, attested.against(other).orElseThrow().one());
    attested.add(alone(message(5, 31338, ""), LIAR));
    assertEquals(Optional.empty(), attested.against(other));
  }

  @Test
  void L7_shouldKeepSoManyBytesHoweverLargeMessagesAre() {
    Attested small = new Attested(DOMAIN, 1000, 100_000);
    String large = "x".repeat(40_000);
    for (int number = 1; number <= 10; number++) {
      small.add(alone(message(number, 31338, large), LIAR));
    }
    int kept = 0;
    for (int number = 1; number <= 10; number++) {
      Signed other = alone(message(number, 31339, ""), LIAR);
      boolean known = small.against(other).isPresent();
      kept += known ? 1 : 0;
      assertEquals(number > 8, known, "message " + number);
    }
    assertEquals(2, kept);
    small.add(alone(message(11, 31338, "x".repeat(200_000)), LIAR));
    assertEquals(
        true, small.knows(alone(message(11, 31338, "x".repeat(200_000)), LIAR)), "the newest");
    assertEquals(Optional.empty(), small.against(alone(message(10, 31339, ""), LIAR)));
  }

  private static Signed alone(Message message, PrivateKeySigner relayer) {
    Hash id = message.id(GATEWAY);
    return new Signed(message, List.of(), Attestation.sign(DOMAIN, id, relayer));
  }

  private static Signed among(Message message, PrivateKeySigner relayer) {
    Random random = new Random(7);
    Hash id = message.id(GATEWAY);
    MessageTree tree =
        MessageTree.over(
            List.of(
                id,
                Hash.keccak("one" + random.nextInt()),
                Hash.keccak("two" + random.nextInt()),
                Hash.keccak("three" + random.nextInt())));
    return new Signed(message, tree.proof(id), Attestation.sign(DOMAIN, tree.root(), relayer));
  }

  private static Message message(long number, long to, String content) {
    return new Message(
        BigInteger.valueOf(31337),
        BigInteger.valueOf(number),
        new InteroperableAddress(BigInteger.valueOf(31337), GATEWAY).encode(),
        new InteroperableAddress(BigInteger.valueOf(to), GATEWAY).encode(),
        Bytes.of(content.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
  }
}
