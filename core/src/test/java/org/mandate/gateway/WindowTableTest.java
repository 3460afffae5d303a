package org.mandate.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Abi;
import org.mandate.chain.Hash;
import org.mandate.gateway.WindowTable.Quorum;
import org.mandate.gateway.WindowTable.Step;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;

class WindowTableTest {
  private static final BigInteger TOP = BigInteger.valueOf(1800);
  private static final BigInteger ALL_ONES = BigInteger.TWO.pow(256).subtract(BigInteger.ONE);
  private static final WindowTable TABLE =
      new WindowTable(
          List.of(
              step(50_000_000, 10, 10),
              step(1_000_000_000, 60, 30),
              step(20_000_000_000L, 600, 120)));

  /**
   * The same cases as {@code WindowTable.t.sol}: one hash over all of their tables and windows, the
   * same on both sides.
   */
  @Test
  void L8_tablesAndWindowsAreTheContracts() {
    Hash all = Hash.ZERO;
    for (int i = 0; i < 1000; i++) {
      BigInteger seed = next(BigInteger.valueOf(i));
      WindowTable table = new WindowTable(steps(seed));
      BigInteger r = next(next(seed));
      long window =
          table.window(
              amount(table, r),
              seed.shiftRight(240).intValueExact() % 256 % 20,
              quorum(seed),
              BigInteger.valueOf(mod(r.shiftRight(200), 2 * WindowTable.MAX)));
      all =
          Hash.keccak(
              Abi.encode(new Bytes32(all.bytes()), new Uint256(table.word()), new Uint256(window)));
      assertEquals(table, WindowTable.of(table.word()));
    }
    assertEquals("0xa2c96ba8bb65ff3b8d25298611e3dc3a687403ed53cabf63c71c4a1b81c43148", all.hex());
  }

  @Test
  void L7_windowByAmountAndSignatures() {
    assertEquals(10, window(50_000_000, 0, Quorum.of(2, 2, 4)));
    assertEquals(60, window(50_000_001, 0, Quorum.of(2, 2, 4)));
    assertEquals(45, window(1_000_000_000, 0, Quorum.of(3, 2, 4)));
    assertEquals(30, window(1_000_000_000, 0, Quorum.of(4, 2, 4)));
    assertEquals(60, window(1_000_000_000, 0, Quorum.UNKNOWN));
    assertEquals(120, window(1_000_000_000, 2, Quorum.of(4, 2, 4)));
    assertEquals(1800, window(20_000_000_001L, 0, Quorum.of(4, 2, 4)));
    assertEquals(WindowTable.MAX, window(1, 30, Quorum.of(4, 2, 4)));
    assertEquals(
        WindowTable.MAX, WindowTable.NONE.window(BigInteger.ONE, 0, Quorum.UNKNOWN, ALL_ONES));
    assertEquals(
        WindowTable.MIN,
        WindowTable.NONE.window(BigInteger.ONE, 0, Quorum.UNKNOWN, BigInteger.ZERO));
  }

  @Test
  void L7_absurdQuorumsShortenNothing() {
    Quorum absurd = new Quorum(ALL_ONES, ALL_ONES, ALL_ONES);
    assertEquals(60, window(1_000_000_000, 0, absurd));
    assertEquals(60, window(1_000_000_000, 0, Quorum.of(7, 0, 7)));
    assertEquals(60, window(1_000_000_000, 0, Quorum.of(1, 2, 3)));
    assertEquals(30, window(1_000_000_000, 0, Quorum.of(9, 2, 3)));
  }

  @Test
  void L12_whatAContractDoesNotKeepIsRefused() {
    var inexact = assertThrows(IllegalArgumentException.class, () -> step(16_384, 10, 10));
    assertTrue(inexact.getMessage().contains("16380"), inexact.getMessage());
    assertThrows(IllegalArgumentException.class, () -> step(0, 10, 10));
    assertThrows(IllegalArgumentException.class, () -> step(1, 10, 11));
    assertThrows(IllegalArgumentException.class, () -> step(1, 10, 4));
    assertThrows(IllegalArgumentException.class, () -> step(1, WindowTable.MAX + 1, 10));
    assertThrows(
        IllegalArgumentException.class,
        () -> new WindowTable(List.of(step(2, 20, 10), step(2, 20, 10))));
    assertThrows(
        IllegalArgumentException.class,
        () -> new WindowTable(List.of(step(1, 20, 10), step(2, 19, 10))));
    assertThrows(
        IllegalArgumentException.class,
        () -> new WindowTable(List.of(step(1, 20, 10), step(2, 20, 9))));
    assertThrows(IllegalArgumentException.class, () -> WindowTable.of(BigInteger.ONE));
    assertThrows(IllegalArgumentException.class, () -> WindowTable.of(ALL_ONES));
  }

  // ------------------------------------------------------------------ helpers

  private static long window(long amount, int risk, Quorum quorum) {
    return TABLE.window(BigInteger.valueOf(amount), risk, quorum, TOP);
  }

  private static Step step(long upTo, long bare, long full) {
    return new Step(BigInteger.valueOf(upTo), bare, full);
  }

  private static BigInteger next(BigInteger seed) {
    return new BigInteger(1, Hash.keccak(Abi.encode(new Uint256(seed))).bytes());
  }

  private static List<Step> steps(BigInteger first) {
    BigInteger seed = first;
    List<Step> steps = new ArrayList<>();
    BigInteger upTo = BigInteger.ZERO;
    long bare = WindowTable.MIN;
    long full = WindowTable.MIN;
    for (long i = mod(seed, 5); i > 0; i--) {
      seed = next(seed);
      BigInteger one = upTo.add(BigInteger.ONE);
      BigInteger further = BigInteger.TWO.pow((int) mod(seed, 100));
      BigInteger near = WindowTable.exact(one.add(seed.shiftRight(8).mod(further)));
      upTo = near.compareTo(upTo) > 0 ? near : WindowTable.exact(one.add(upTo.shiftRight(1)));
      full += mod(seed.shiftRight(128), 1L << mod(seed.shiftRight(32), 15));
      bare = Math.max(bare, full) + mod(seed.shiftRight(160), 1L << mod(seed.shiftRight(40), 15));
      steps.add(new Step(upTo, bare, full));
    }
    return steps;
  }

  private static Quorum quorum(BigInteger seed) {
    BigInteger r = next(ALL_ONES.subtract(seed));
    if (mod(r, 10) == 0) {
      return Quorum.UNKNOWN;
    }
    long relayers = 1 + mod(r.shiftRight(8), 64);
    return Quorum.of(mod(r.shiftRight(16), relayers + 2), relayers / 2 + 1, relayers);
  }

  private static BigInteger amount(WindowTable table, BigInteger seed) {
    int size = table.steps().size();
    if (mod(seed, 3) == 0 || size == 0) {
      return seed.shiftRight((int) mod(seed.shiftRight(8), 256));
    }
    return table
        .steps()
        .get((int) mod(seed.shiftRight(8), size))
        .upTo()
        .add(BigInteger.valueOf(mod(seed.shiftRight(16), 3) - 1));
  }

  private static long mod(BigInteger value, long modulus) {
    return value.mod(BigInteger.valueOf(modulus)).longValueExact();
  }
}
