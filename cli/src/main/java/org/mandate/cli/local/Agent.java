package org.mandate.cli.local;

import java.math.BigInteger;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.IntentJson;
import org.mandate.intent.SignedIntent;
import org.mandate.signer.Signer;

/**
 * An agent of the town, with its key.
 *
 * @param id in the registry
 * @param vault whose funds it spends
 * @param domain what its signatures are bound to
 */
public record Agent(BigInteger id, Signer key, Address vault, IntentDomain domain) {
  private static final SecureRandom RANDOM = new SecureRandom();

  /**
   * A payment, not signed yet.
   *
   * @param asset zero for the chain's own coin
   * @param amount in the asset's smallest unit
   * @param lifetime from now on
   */
  public Intent payment(
      long chainId, Address asset, Address to, BigInteger amount, Duration lifetime) {
    return new Intent(
        id,
        vault,
        BigInteger.valueOf(chainId),
        asset,
        to,
        amount,
        Bytes.EMPTY,
        new BigInteger(256, RANDOM),
        BigInteger.valueOf(Instant.now().plus(lifetime).getEpochSecond()));
  }

  public SignedIntent sign(Intent intent) {
    return SignedIntent.sign(intent, domain, key);
  }

  public Hash id(Intent intent) {
    return intent.id(domain);
  }

  /** What a relayer's {@code POST /v1/intents} takes. */
  public static String json(SignedIntent signed) {
    return "{\"intent\":%s,\"signature\":\"%s\"}"
        .formatted(IntentJson.write(signed.intent()), signed.signature().hex());
  }
}
