package org.mandate.policy;

import java.math.BigInteger;
import java.util.Arrays;
import org.mandate.chain.Bytes;

/** A contract's answer as words of 32 bytes. */
record AnswerWords(byte[] bytes) {
  private static final int WORD = 32;

  static AnswerWords of(Bytes answer) {
    return new AnswerWords(answer.bytes());
  }

  int length() {
    return bytes.length;
  }

  /** Without a sign. */
  BigInteger number(int index) {
    return new BigInteger(1, word(index));
  }

  /** Two's complement. */
  BigInteger signed(int index) {
    return new BigInteger(word(index));
  }

  private byte[] word(int index) {
    return Arrays.copyOfRange(bytes, index * WORD, (index + 1) * WORD);
  }
}
