package org.mandate.deploy;

import java.math.BigInteger;
import java.util.List;
import org.mandate.contracts.TimelockController;
import org.web3j.crypto.Credentials;
import org.web3j.tx.RawTransactionManager;
import org.web3j.utils.Numeric;

/**
 * A contract that calls whatever one key tells it to, at once: to the rest of the world it is like
 * a Safe. (OpenZeppelin's timelock with a delay of zero.)
 */
final class Wallet {
  private static final byte[] NOTHING = new byte[32];

  private final Sender sender;
  private final TimelockController contract;
  private long salt;

  private Wallet(Sender sender, TimelockController contract) {
    this.sender = sender;
    this.contract = contract;
  }

  static Wallet create(DevChain chain, Credentials key) throws Exception {
    var contract =
        TimelockController.deploy(
                chain.web3j(),
                new RawTransactionManager(chain.web3j(), key, -1, 100, 100),
                Sender.NO_GAS,
                BigInteger.ZERO,
                List.of(key.getAddress()),
                List.of(key.getAddress()),
                "0x" + "0".repeat(40))
            .send();
    return new Wallet(chain.sender(key), contract);
  }

  String address() {
    return contract.getContractAddress();
  }

  /** Fails with what the called contract says. */
  void send(Call call) {
    var data = Numeric.hexStringToByteArray(call.data());
    var once = Numeric.toBytesPadded(BigInteger.valueOf(++salt), 32);
    sender.send(
        Call.of(
            "schedule",
            address(),
            contract.schedule(call.to(), call.value(), data, NOTHING, once, BigInteger.ZERO)));
    sender.send(
        Call.of(
            call.what(),
            address(),
            contract.execute(call.to(), call.value(), data, NOTHING, once, BigInteger.ZERO)));
  }
}
