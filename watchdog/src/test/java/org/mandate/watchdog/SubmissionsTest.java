package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.contracts.HomeExecutor;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.SignedIntent;
import org.mandate.signer.PrivateKeySigner;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.DynamicBytes;

/** Signed intents as they are handed in: one, or many. */
class SubmissionsTest {
  private static final IntentDomain DOMAIN =
      new IntentDomain(BigInteger.ONE, Address.of("0x%040x".formatted(0xe1)));
  private static final PrivateKeySigner KEY = new PrivateKeySigner(BigInteger.TEN);
  private final Submissions submissions = new Submissions(DOMAIN);

  @Test
  void L1_shouldFindWhatWasSubmittedAlone() {
    SignedIntent signed = signed(1, new byte[0]);
    byte[] call =
        Abi.call(
            HomeExecutor.FUNC_SUBMIT,
            IntentAbi.toHome(signed.intent()),
            new DynamicBytes(signed.signature().bytes()));
    assertEquals(List.of(signed), find(call, signed));
    assertEquals(List.of(), find(call, signed(2, new byte[0])));
  }

  @Test
  void L1_shouldFindEachElementOfABatch() {
    List<SignedIntent> all =
        List.of(signed(1, new byte[0]), signed(2, new byte[70]), signed(3, new byte[5]));
    for (SignedIntent one : all) {
      assertEquals(List.of(one), find(batch(all), one));
    }
    assertEquals(List.of(), find(batch(all), signed(4, new byte[0])));
  }

  @Test
  void L1_shouldFindAllSignaturesOfAnIntentThatABatchHasTwice() {
    SignedIntent signed = signed(1, new byte[0]);
    SignedIntent unsigned = new SignedIntent(signed.intent(), Bytes.EMPTY);
    assertEquals(
        List.of(unsigned, signed),
        find(batch(List.of(unsigned, signed(2, new byte[0]), signed)), signed));
  }

  @Test
  void L1_shouldFindNothingInWhatCannotBeRead() {
    SignedIntent signed = signed(1, new byte[0]);
    byte[] call = batch(List.of(signed));
    for (int length = 0; length < call.length - 32; length++) {
      assertEquals(List.of(), find(Arrays.copyOf(call, length), signed));
    }
    for (int at = 4; at < 4 + 7 * 32; at++) {
      byte[] altered = call.clone();
      altered[at] ^= (byte) 0xff;
      find(altered, signed); // whatever it finds, it ends
    }
  }

  private List<SignedIntent> find(byte[] call, SignedIntent signed) {
    return submissions.in(Bytes.of(call), signed.intent().id(DOMAIN));
  }

  private static byte[] batch(List<SignedIntent> all) {
    return Abi.call(
        HomeExecutor.FUNC_SUBMITMANY,
        new DynamicArray<>(
            HomeExecutor.Intent.class,
            all.stream().map(SignedIntent::intent).map(IntentAbi::toHome).toList()),
        new DynamicArray<>(
            DynamicBytes.class,
            all.stream().map(one -> new DynamicBytes(one.signature().bytes())).toList()));
  }

  private static SignedIntent signed(long nonce, byte[] data) {
    Intent intent =
        new Intent(
            BigInteger.ONE,
            Address.ZERO,
            BigInteger.TWO,
            Address.ZERO,
            Address.ZERO,
            BigInteger.TEN,
            Bytes.of(data),
            BigInteger.valueOf(nonce),
            BigInteger.valueOf(1_800_000_000L));
    return SignedIntent.sign(intent, DOMAIN, KEY);
  }
}
