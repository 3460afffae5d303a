package org.mandate.relayer.api;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.SignedIntent;
import org.mandate.policy.Verdict;
import org.mandate.relayer.Bell;
import org.mandate.relayer.Failpoint;
import org.mandate.relayer.Journal;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredApproval;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.work.ContractCalls;
import org.mandate.relayer.work.VerdictWords;
import org.mandate.relayer.work.Workplace;

/**
 * Takes signed intents. Refuses what the contract would refuse for reasons that are not policy's
 * (signature, nonce, deadline, chain), and whatever an agent asks that may not ask; what policy
 * says of the rest, the contract says and records.
 */
public final class IntentDesk {
  private static final Journal LOG = Journal.of("intents");

  /** The contract's own limit. */
  private static final Duration MAX_LIFETIME = Duration.ofDays(30);

  private final Workplace home;
  private final Set<Long> chains;
  private final IntentDomain domain;
  private final Database database;
  private final Bell work;
  private final Clock clock;

  /**
   * @param chains that intents may name
   * @param work is rung when there is something to submit
   */
  public IntentDesk(Workplace home, Set<Long> chains, Database database, Bell work, Clock clock) {
    this.home = home;
    this.chains = Set.copyOf(chains);
    this.domain = new IntentDomain(home.chain().bigId(), home.chain().executor());
    this.database = database;
    this.work = work;
    this.clock = clock;
  }

  Hash idOf(Intent intent) {
    return intent.id(domain);
  }

  /**
   * Stores the intent and the work of submitting it, once however often it comes.
   *
   * @throws RefusedException with the status and words for the client
   */
  public Hash take(Intent intent, Bytes signature) {
    Hash id = idOf(intent);
    Optional<StoredIntent> known = database.inTransaction(tx -> StoredIntent.of(tx, id));
    if (known.flatMap(StoredIntent::signature).filter(signature::equals).isPresent()) return id;
    check(intent, id, signature);
    Failpoint.BEFORE_INTENT_STORED.reach();
    Instant now = clock.instant();
    database.run(
        tx -> {
          StoredIntent.save(tx, id, intent, Optional.of(signature), now);
          Task.open(tx, Task.Kind.SUBMIT, home.chain().id(), id, now, now);
        });
    Failpoint.AFTER_INTENT_STORED.reach();
    LOG.info("intent stored", "intent", id, "agent", intent.agentId());
    work.ring();
    return id;
  }

  /**
   * Stores an approver's signature under an intent that is known here.
   *
   * @throws RefusedException with the status and words for the client
   */
  public void approve(StoredApproval approval) {
    StoredIntent stored =
        database
            .inTransaction(tx -> StoredIntent.of(tx, approval.intentId()))
            .orElseThrow(
                () ->
                    new RefusedException(
                        404,
                        "INTENT",
                        "intent " + approval.intentId() + " is not known here",
                        "submit it first, or ask the relayer that it was submitted to"));
    requireWaiting(stored);
    long now = clock.instant().getEpochSecond();
    if (approval.deadline() < now) {
      throw new RefusedException(
          422,
          "DEADLINE",
          "the approval's deadline %d has passed: it is %d".formatted(approval.deadline(), now),
          "sign it again with a later deadline");
    }
    BigInteger agentId = stored.intent().agentId();
    ContractCalls.Panel panel = home.calls().panel(agentId);
    if (!panel.approvers().contains(approval.approver())) {
      throw new RefusedException(
          422,
          "APPROVER",
          "%s is no approver of agent %s; they are %s"
              .formatted(approval.approver(), agentId, panel.approvers()),
          "have one of them sign it, or ask governance to name others");
    }
    if (!home.calls().isApproval(agentId, approval)) {
      throw new RefusedException(
          422,
          "SIGNATURE",
          "the signature does not approve intent %s for %s, or the approver took it back"
              .formatted(approval.intentId(), approval.approver()),
          "sign Approvers.approvalDigest of this intent with the approver's key");
    }
    database.run(tx -> StoredApproval.save(tx, approval));
    LOG.info("approval stored", "intent", approval.intentId(), "approver", approval.approver());
    work.ring();
  }

  /** What is past its wait needs no approval, and must not look as if it had got one more. */
  private void requireWaiting(StoredIntent stored) {
    Optional<EventKind> past =
        home.progress(stored.id()).map(StoredEvent::kind).filter(k -> k != EventKind.ADMITTED);
    if (past.isPresent() || stored.lapsed()) {
      throw new RefusedException(
          422,
          "STATE",
          "intent %s is %s: it waits for no approval"
              .formatted(stored.id(), past.map(EventKind::name).orElse("EXPIRED")),
          "nothing: an approval is good for one intent, and that once");
    }
  }

  /**
   * What the mandate would say now.
   *
   * @throws RefusedException when the intent names another account than the agent's
   */
  Verdict preview(Intent intent) {
    try {
      return home.calls().preview(intent);
    } catch (CallRevertedException e) {
      throw new RefusedException(
          422,
          "ACCOUNT",
          "the account of agent %s is not %s, or intents may not name it"
              .formatted(intent.agentId(), intent.account()),
          "name the account that AgentRegistry.accountOf gives, and sign the intent again");
    }
  }

  private void check(Intent intent, Hash id, Bytes signature) {
    if (chains.stream().map(BigInteger::valueOf).noneMatch(intent.chainId()::equals)) {
      throw new RefusedException(
          422,
          "CHAIN",
          "chain " + intent.chainId() + " is not served here; served are " + chains,
          "name one of them, or ask another relayer");
    }
    if (!intent.account().equals(home.chain().account())) {
      throw new RefusedException(
          422,
          "ACCOUNT",
          "the account is %s; the mandates that are served here are at %s"
              .formatted(intent.account(), home.chain().account()),
          "name that account and sign the intent again");
    }
    Instant now = clock.instant();
    if (intent.expiredAt(now)) {
      throw new RefusedException(
          422,
          "DEADLINE",
          "the deadline %s has passed: it is %d".formatted(intent.deadline(), now.getEpochSecond()),
          "sign it again with a later deadline");
    }
    BigInteger latest = BigInteger.valueOf(now.plus(MAX_LIFETIME).getEpochSecond());
    if (intent.deadline().compareTo(latest) > 0) {
      throw new RefusedException(
          422,
          "DEADLINE",
          "the deadline %s is more than %d days ahead; the latest is %s"
              .formatted(intent.deadline(), MAX_LIFETIME.toDays(), latest),
          "sign it again with an earlier deadline");
    }
    checkSignature(intent, id, signature);
    if (home.calls().nonceUsed(intent.agentId(), intent.nonce())) {
      boolean same = database.inTransaction(tx -> StoredIntent.of(tx, id)).isPresent();
      if (!same) {
        throw new RefusedException(
            409,
            "NONCE",
            "nonce %s of agent %s is used".formatted(intent.nonce(), intent.agentId()),
            "sign it again with a fresh random nonce");
      }
      return;
    }
    checkAgent(intent);
  }

  /**
   * Refuses what an agent asks that may not ask for anything: anybody can register one, and this
   * relayer would pay for its denials. What breaks a mandate goes to the chain, which records it
   * and freezes the agent (L4).
   */
  private void checkAgent(Intent intent) {
    Verdict verdict = preview(intent);
    switch (verdict.rule()) {
      case AGENT_STATUS, AGENT_BREAKER, GLOBAL_BREAKER, CHAIN_BREAKER, ASSET_BREAKER, EXPIRY ->
          throw new RefusedException(422, VerdictWords.refusal(verdict));
      case NONE,
          ASSET,
          CHAIN,
          RECIPIENT,
          SELECTOR,
          AMOUNT,
          PER_TRANSACTION,
          WINDOW,
          FREQUENCY,
          AUDIT_LAG,
          RULE_BOOK,
          COOLDOWN,
          BURST,
          INTENT_NEEDED -> {}
    }
  }

  private void checkSignature(Intent intent, Hash id, Bytes signature) {
    ContractCalls.Agent agent = home.calls().agent(intent.agentId());
    Address wallet =
        agent
            .wallet()
            .orElseThrow(
                () ->
                    new RefusedException(
                        422,
                        "AGENT",
                        "agent %s has no wallet key in the registry".formatted(intent.agentId()),
                        "register the agent and prove its key"));
    Optional<Address> signer = new SignedIntent(intent, signature).recoverSigner(domain);
    if (signer.filter(wallet::equals).isPresent() || acceptedByContract(wallet, id, signature))
      return;
    throw new RefusedException(
        422,
        "SIGNATURE",
        "the signature is not by %s, the wallet of agent %s%s"
            .formatted(wallet, intent.agentId(), signer.map(s -> ", but by " + s).orElse("")),
        "sign the intent's EIP-712 digest %s with the agent's key".formatted(id));
  }

  private boolean acceptedByContract(Address wallet, Hash id, Bytes signature) {
    if (home.chain().client().code(wallet).isEmpty()) return false;
    try {
      return home.calls().isValidSignature(wallet, id, signature);
    } catch (CallRevertedException e) {
      return false;
    }
  }

  /** The answer to a submission. */
  static JsonObject accepted(Hash id, String state) {
    return new JsonObject().put("intentId", id.hex()).put("state", state);
  }
}
