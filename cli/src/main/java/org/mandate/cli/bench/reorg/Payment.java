package org.mandate.cli.bench.reorg;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;

/** A payment that was handed to the relayer, which took it. */
record Payment(Kind kind, Intent intent, Hash id) {
  long chainId() {
    return kind.chainId();
  }

  Address asset() {
    return intent.asset();
  }

  BigInteger amount() {
    return intent.amount();
  }
}
