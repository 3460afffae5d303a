package org.mandate.signer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.BigRange;
import net.jqwik.api.constraints.LongRange;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Fees;
import org.mandate.chain.Hash;
import org.web3j.crypto.Credentials;
import org.web3j.crypto.RawTransaction;
import org.web3j.crypto.TransactionEncoder;

class TransactionsTest {
  private static final Address TO = Address.of("0x" + "00ab".repeat(10));

  @Property(tries = 200)
  void shouldBeTheBytesThatAnotherEncoderMakes(
      @ForAll @LongRange(min = 1) long chainId,
      @ForAll @LongRange(min = 0) long nonce,
      @ForAll @LongRange(min = 0) long tip,
      @ForAll @LongRange(min = 0) long more,
      @ForAll @LongRange(min = 1) long gas,
      @ForAll
          @BigRange(
              min = "0",
              max =
                  "115792089237316195423570985008687907853269984665640564039457584007913129639935")
          BigInteger value,
      @ForAll byte[] data) {
    var maxFee = BigInteger.valueOf(tip).add(BigInteger.valueOf(more));
    var fees = new Fees(BigInteger.ZERO, BigInteger.valueOf(tip), maxFee);
    var signed =
        Transactions.sign(
            new Transactions.Request(
                BigInteger.valueOf(chainId), nonce, fees, gas, TO, value, Bytes.of(data)),
            new PrivateKeySigner(BigInteger.valueOf(0xa1)));
    var other =
        TransactionEncoder.signMessage(
            RawTransaction.createTransaction(
                chainId,
                BigInteger.valueOf(nonce),
                BigInteger.valueOf(gas),
                TO.hex(),
                value,
                Bytes.of(data).hex(),
                BigInteger.valueOf(tip),
                maxFee),
            Credentials.create("0xa1"));
    assertEquals(Bytes.of(other), signed.raw());
    assertEquals(Hash.keccak(other), signed.hash());
  }
}
