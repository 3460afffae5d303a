package org.mandate.intent;

import java.math.BigInteger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;

/** Intents to test with. */
public final class Intents {
  private static final BigInteger UINT256 = BigInteger.ONE.shiftLeft(256).subtract(BigInteger.ONE);
  private static final BigInteger UINT64 = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  private Intents() {}

  public static Intent payment() {
    return new Intent(
        BigInteger.ONE,
        Address.of("0x" + "11".repeat(20)),
        BigInteger.valueOf(31338),
        Address.of("0x" + "22".repeat(20)),
        Address.of("0x" + "33".repeat(20)),
        BigInteger.valueOf(1_500_000),
        Bytes.EMPTY,
        BigInteger.valueOf(42),
        BigInteger.valueOf(1_800_000_000));
  }

  /** Whatever the contracts would accept. */
  public static Arbitrary<Intent> any() {
    Arbitrary<BigInteger> uint = Arbitraries.bigIntegers().between(BigInteger.ZERO, UINT256);
    Arbitrary<Address> address =
        Arbitraries.bytes().array(byte[].class).ofSize(20).map(Address::of);
    Arbitrary<Bytes> data = Arbitraries.bytes().array(byte[].class).ofMaxSize(100).map(Bytes::of);
    return Combinators.combine(
            Combinators.combine(uint, uint, uint, uint)
                .as((a, b, c, d) -> new BigInteger[] {a, b, c, d}),
            address,
            address,
            address,
            data,
            Arbitraries.bigIntegers().between(BigInteger.ZERO, UINT64))
        .as(
            (n, account, asset, to, bytes, deadline) ->
                new Intent(n[0], account, n[1], asset, to, n[2], bytes, n[3], deadline));
  }
}
