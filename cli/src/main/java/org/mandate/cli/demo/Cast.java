package org.mandate.cli.demo;

import java.util.List;
import java.util.stream.Stream;
import org.mandate.cli.local.Secrets;
import org.web3j.crypto.Credentials;

/**
 * Who plays: a fresh random key each.
 *
 * @param deployer pays for the deployment and holds nothing after it
 * @param delegate holds the DAO's votes
 * @param treasury holds the DAO's money; a key of its own, so that it can pay while the other votes
 * @param owner owns the agent's identity
 * @param agent signs intents; never has a coin, never sends a transaction
 * @param relayers attest and submit
 * @param watchdogs dispute and freeze
 * @param courier delivers the forged message: anybody could
 * @param payee gets paid
 * @param safeOwners own the Safe that approves the agent's large payments; they only sign
 */
record Cast(
    Credentials deployer,
    Credentials delegate,
    Credentials treasury,
    Credentials owner,
    Credentials agent,
    List<Credentials> relayers,
    List<Credentials> watchdogs,
    Credentials courier,
    Credentials payee,
    List<Credentials> safeOwners) {

  static final int RELAYERS = 3;
  static final int WATCHDOGS = 2;
  static final int SAFE_OWNERS = 3;

  static Cast random() {
    return new Cast(
        Secrets.key(),
        Secrets.key(),
        Secrets.key(),
        Secrets.key(),
        Secrets.key(),
        Stream.generate(Secrets::key).limit(RELAYERS).toList(),
        Stream.generate(Secrets::key).limit(WATCHDOGS).toList(),
        Secrets.key(),
        Secrets.key(),
        Stream.generate(Secrets::key).limit(SAFE_OWNERS).toList());
  }

  /** Everyone who sends transactions. */
  Stream<Credentials> senders() {
    return Stream.of(
            Stream.of(deployer, delegate, treasury, owner, courier),
            relayers.stream(),
            watchdogs.stream())
        .flatMap(s -> s);
  }
}
