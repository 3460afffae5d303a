package org.mandate.relayer.send;

import java.math.BigInteger;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Receipt;
import org.mandate.relayer.follow.SeveralNodes;

/**
 * As the chain asks for it, by the oracle that stands there. Only what more than half of all nodes
 * answer decides: before, nothing is known, and who asks must wait. A contract that is no oracle at
 * such an address is none; the addresses are of a kind that nobody has a key to.
 */
final class DetectedDataFee implements DataFee {
  private static final List<Address> ORACLES =
      List.of(OracleDataFee.OP_STACK, OracleDataFee.SCROLL);

  private final SeveralNodes chain;
  private final AtomicReference<Optional<DataFee>> known = new AtomicReference<>(Optional.empty());

  DetectedDataFee(SeveralNodes chain) {
    this.chain = chain;
  }

  @Override
  public BigInteger most(Bytes data, long gas) {
    return detected().most(data, gas);
  }

  @Override
  public Map<Hash, BigInteger> paid(Collection<Receipt> receipts) {
    return detected().paid(receipts);
  }

  private DataFee detected() {
    Optional<DataFee> already = known.get();
    if (already.isPresent()) return already.get();
    DataFee found =
        ORACLES.stream()
            .filter(this::isOracle)
            .findFirst()
            .<DataFee>map(oracle -> new OracleDataFee(chain, oracle))
            .orElse(DataFee.NONE);
    known.set(Optional.of(found));
    return found;
  }

  private boolean isOracle(Address address) {
    return !chain.codeOfMost(address).isEmpty() && new OracleDataFee(chain, address).isThere();
  }
}
