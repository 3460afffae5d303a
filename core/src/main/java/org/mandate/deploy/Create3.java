package org.mandate.deploy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.mandate.contracts.Create3Factory;
import org.web3j.crypto.Hash;
import org.web3j.utils.Numeric;

/**
 * Where contracts will stand, computed without a chain. The factory stands where the canonical
 * CREATE2 deployer puts it (EIP-1014); a contract stands where the factory puts it for its deployer
 * and salt.
 */
public final class Create3 {
  /** Keyless deployer that exists at this address on practically every chain. */
  public static final String CANONICAL_DEPLOYER = "0x4e59b44847b379578588920ca78fbf26c0b4956c";

  // Hash of the proxy that OpenZeppelin's Create3 library creates first.
  private static final byte[] PROXY_INIT_CODE_HASH =
      Numeric.hexStringToByteArray(
          "0x57a34f6e879358dd76825d6700df87013ad6a3fb43c0d0c602f70a8772c153bd");

  private Create3() {}

  /** Address of the {@code Create3Factory}, the same on every chain. */
  public static String factory() {
    return create2(
        CANONICAL_DEPLOYER,
        new byte[32],
        Hash.sha3(Numeric.hexStringToByteArray(Create3Factory.BINARY)));
  }

  /** What the canonical deployer is called with to create the factory. */
  public static String factoryCreation() {
    return "0x" + "00".repeat(32) + Numeric.cleanHexPrefix(Create3Factory.BINARY);
  }

  /** The salt of a contract: hash of its name. */
  public static byte[] salt(String name) {
    return Hash.sha3(name.getBytes(StandardCharsets.UTF_8));
  }

  /** Where {@code deployer} creates the contract called {@code name}. */
  public static String addressOf(String deployer, String name) {
    var bound =
        Hash.sha3(concat(Numeric.toBytesPadded(Numeric.toBigInt(deployer), 32), salt(name)));
    var proxy = create2(factory(), bound, PROXY_INIT_CODE_HASH);
    // RLP of [proxy, nonce 1]: the first contract that the proxy creates.
    return last20(
        Hash.sha3(
            concat(
                new byte[] {(byte) 0xd6, (byte) 0x94},
                Numeric.hexStringToByteArray(proxy),
                new byte[] {1})));
  }

  private static String create2(String creator, byte[] salt, byte[] initCodeHash) {
    return last20(
        Hash.sha3(
            concat(
                new byte[] {(byte) 0xff},
                Numeric.hexStringToByteArray(creator),
                salt,
                initCodeHash)));
  }

  private static String last20(byte[] hash) {
    return Numeric.toHexString(hash, 12, 20, true);
  }

  private static byte[] concat(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (var part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
