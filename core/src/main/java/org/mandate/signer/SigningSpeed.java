package org.mandate.signer;

import java.lang.management.ManagementFactory;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Fees;
import org.mandate.chain.Hash;

/**
 * How many signatures, signed transactions and recoveries one core makes in a second, by each of
 * the libraries: of processor time, so that other work on the machine counts less.
 *
 * @param library which made them
 * @param signatures of digests, per second of one core
 * @param transactions encoded, hashed and signed, per second of one core
 * @param recoveries of addresses, per second of one core
 */
public record SigningSpeed(String library, long signatures, long transactions, long recoveries) {
  private static final int WARM_UP = 300;

  /**
   * Measures both, in turns, several times, and takes the best of each.
   *
   * @param rounds how often
   * @param operations of each kind in each round
   * @return the native library first, where it loads, then the one in Java
   * @throws IllegalStateException when they do not agree
   */
  public static List<SigningSpeed> measure(int rounds, int operations) {
    List<Curve> curves = new ArrayList<>();
    NativeCurve.load().ifPresent(curves::add);
    curves.add(new JavaCurve());
    long[][] best = new long[curves.size()][3];
    Signature expected = new PrivateKey(BigInteger.TEN, curves.getLast()).signDigest(digest(0));
    for (int round = 0; round <= rounds; round++) {
      int count = round == 0 ? WARM_UP : operations;
      for (int i = 0; i < curves.size(); i++) {
        Curve curve = curves.get(i);
        PrivateKey key = new PrivateKey(BigInteger.TEN, curve);
        if (!key.signDigest(digest(0)).equals(expected)) {
          throw new IllegalStateException(curve.name() + " signs otherwise than the others");
        }
        long[] rates = {
          rate(count, n -> key.signDigest(digest(n))),
          rate(count, n -> Transactions.sign(transaction(n), key)),
          rate(count, n -> curve.recover(expected, digest(n).bytes()).map(Curve::address))
        };
        for (int kind = 0; kind < rates.length && round > 0; kind++) {
          best[i][kind] = Math.max(best[i][kind], rates[kind]);
        }
      }
    }
    List<SigningSpeed> speeds = new ArrayList<>();
    for (int i = 0; i < curves.size(); i++) {
      speeds.add(new SigningSpeed(curves.get(i).name(), best[i][0], best[i][1], best[i][2]));
    }
    return List.copyOf(speeds);
  }

  private interface Operation {
    Object run(int n);
  }

  private static long rate(int count, Operation operation) {
    var thread = ManagementFactory.getThreadMXBean();
    long began = thread.getCurrentThreadCpuTime();
    int seen = 0;
    for (int n = 0; n < count; n++) {
      seen += operation.run(n).hashCode(); // so that nothing is optimized away
    }
    long nanos = Math.max(1, thread.getCurrentThreadCpuTime() - began);
    return seen == 0 ? 0 : count * 1_000_000_000L / nanos;
  }

  private static Hash digest(int n) {
    return Hash.keccak(new byte[] {(byte) n, (byte) (n >> 8), (byte) (n >> 16)});
  }

  /** As a relayer's: a call with the data of an intent. */
  private static Transactions.Request transaction(int n) {
    BigInteger gwei = BigInteger.TEN.pow(9);
    return new Transactions.Request(
        BigInteger.ONE,
        n,
        new Fees(BigInteger.ZERO, gwei, gwei.shiftLeft(4)),
        300_000,
        Address.of("0x" + "ab".repeat(20)),
        BigInteger.ZERO,
        Bytes.of("0x" + "5a".repeat(484)));
  }
}
