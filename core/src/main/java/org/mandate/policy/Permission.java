package org.mandate.policy;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.mandate.chain.Address;
import org.mandate.intent.Intent;

/**
 * What an agent may call ({@code CallRules.sol}).
 *
 * @param kind how the amount is taken; NONE: there is no permission
 * @param amountWord place, in 32-byte words behind the selector, of the argument that must equal
 *     the intent's amount; {@link #ANY}: no condition
 * @param recipientWord place of the argument that names who receives, or {@link #ANY}
 * @param assetWord place of the argument that must be the intent's asset, or {@link #ANY}
 * @param listed whether the recipient must be on the mandate's list of recipients
 */
public record Permission(
    CallKind kind, int amountWord, int recipientWord, int assetWord, boolean listed) {
  /** In place of a word: no condition. */
  public static final int ANY = 255;

  public static final Permission NONE = new Permission(CallKind.NONE, 0, 0, 0, false);

  /** No permission may name these, as the contract that is called or as a recipient. */
  private static final Set<Address> FORBIDDEN =
      Set.of(
          Address.ZERO,
          // Permit2, Multicall3, and ERC-4337's entry points 0.6 to 0.9
          Address.of("0x000000000022d473030f116ddee9f6b43ac78ba3"),
          Address.of("0xca11bde05977b3631167028862be2a173976ca11"),
          Address.of("0x5ff137d4b0fdcd49dca30c7cf57e578a026d2789"),
          Address.of("0x0000000071727de22e5e9d8baf0edac6f37da032"),
          Address.of("0x4337084d9e255ff0702461cf8895ce9e3b5ff108"),
          Address.of("0x433709009b8330fda32311df1c2afa402ed8d009"));

  private static final BigInteger UINT128 = BigInteger.TWO.pow(128).subtract(BigInteger.ONE);
  private static final BigInteger UINT96 = BigInteger.TWO.pow(96).subtract(BigInteger.ONE);
  private static final int WORD = 32;

  /** Where a permission is filed, beside its agent. */
  public record Place(BigInteger chainId, Address target, String selector) {
    /** Of a call with at least a selector. */
    public static Place of(Intent intent) {
      return new Place(intent.chainId(), intent.to(), intent.data().hex().substring(0, 10));
    }
  }

  public Permission {
    Bounds.require("amountWord", amountWord, 8);
    Bounds.require("recipientWord", recipientWord, 8);
    Bounds.require("assetWord", assetWord, 8);
  }

  /** Whether this admits nothing that {@code current} does not (L5). */
  public boolean loosensNothingOf(Permission current) {
    return kind == CallKind.NONE
        || (kind == current.kind
            && (amountWord == current.amountWord || current.amountWord == ANY)
            && (recipientWord == current.recipientWord || current.recipientWord == ANY)
            && (assetWord == current.assetWord || current.assetWord == ANY)
            && (listed || !current.listed));
  }

  /**
   * Who must be on the list of recipients for the call to be admitted, zero for nobody; empty when
   * the call does not meet the conditions.
   */
  Optional<Address> judge(Intent intent) {
    CallKind asked = CallKind.of(intent);
    if (asked == CallKind.NONE || kind != asked || intent.to().equals(intent.account())) {
      return Optional.empty();
    }
    if (!names(intent, assetWord, new BigInteger(1, intent.asset().bytes()))
        || !names(intent, amountWord, intent.amount())) {
      return Optional.empty();
    }
    Address recipient = Address.ZERO;
    if (recipientWord != ANY) {
      Optional<Address> named =
          word(intent, recipientWord)
              .filter(word -> word.bitLength() <= 160)
              .map(word -> Address.of("0x%040x".formatted(word)))
              .filter(address -> !FORBIDDEN.contains(address));
      if (named.isEmpty()) {
        return Optional.empty();
      }
      recipient = named.get();
    }
    if (kind == CallKind.APPROVE) {
      boolean refused = isUnlimited(intent.amount()) || recipient.equals(intent.account());
      return refused ? Optional.empty() : Optional.of(recipient);
    }
    return Optional.of(listed ? recipient : Address.ZERO);
  }

  /** Whether an approval of {@code amount} may be one that never runs out. */
  private static boolean isUnlimited(BigInteger amount) {
    return amount.compareTo(UINT128) >= 0 || amount.equals(UINT96);
  }

  /** Whether the argument at {@code place} is {@code value}, or nothing is asked of it. */
  private static boolean names(Intent intent, int place, BigInteger value) {
    return place == ANY || word(intent, place).filter(value::equals).isPresent();
  }

  private static Optional<BigInteger> word(Intent intent, int index) {
    int start = 4 + WORD * index;
    byte[] data = intent.data().bytes();
    return data.length < start + WORD
        ? Optional.empty()
        : Optional.of(new BigInteger(1, Arrays.copyOfRange(data, start, start + WORD)));
  }
}
