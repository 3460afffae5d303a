package org.mandate.relayer.api;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
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
import org.mandate.relayer.store.Tx;
import org.mandate.relayer.work.ContractCalls;
import org.mandate.relayer.work.VerdictWords;
import org.mandate.relayer.work.Workplace;

/**
 * Takes signed intents. Refuses what the contract would refuse for reasons that are not policy's
 * (signature, nonce, deadline, chain), and whatever an agent asks that may not ask; what policy
 * says of the rest, the contract says and records. Whose key is an agent's, more than half of all
 * nodes say: what others sign must not take its room and its nonces. Of all else one node's word
 * suffices to take an intent, which the chain decides about; to refuse one, more than half of all
 * nodes have to say so. Where they do not agree, the client is asked to try again.
 */
public final class IntentDesk {
  private static final Journal LOG = Journal.of("intents");

  /** The contract's own limit. */
  private static final Duration MAX_LIFETIME = Duration.ofDays(30);

  /** For so long what the chain said of an agent's key and standing is taken for what it says. */
  private static final Duration KEEPS = Duration.ofSeconds(1);

  /** What another relayer submitted is followed by then, and the work over. */
  private static final Duration FOLLOWED = Duration.ofSeconds(30);

  private static final int MOST_WAITING = 20_000;
  private static final Duration AGENT_PAUSE = Duration.ofSeconds(2);

  private final Workplace home;
  private final Set<Long> chains;
  private final IntentDomain domain;
  private final Database database;
  private final Bell work;
  private final IntConsumer handed;
  private final Clock clock;
  private final Recent<BigInteger, Optional<Address>> wallets;
  private final Recent<String, Boolean> standings;
  private final Recent<String, Boolean> backlogs;
  private final Recent<BigInteger, AtomicInteger> rooms;
  private final int waitingPerAgent;

  /**
   * @param chains that intents may name
   * @param work is rung when an approval is stored
   * @param handed is told how many intents there are to submit
   * @param waitingPerAgent most intents of one agent that wait to be submitted
   */
  public IntentDesk(
      Workplace home,
      Set<Long> chains,
      Database database,
      Bell work,
      IntConsumer handed,
      int waitingPerAgent,
      Clock clock) {
    this.home = home;
    this.chains = Set.copyOf(chains);
    this.domain = new IntentDomain(home.chain().bigId(), home.chain().executor());
    this.database = database;
    this.work = work;
    this.handed = handed;
    this.clock = clock;
    this.wallets = new Recent<>(KEEPS, clock);
    this.standings = new Recent<>(KEEPS, clock);
    this.backlogs = new Recent<>(KEEPS, clock);
    this.rooms = new Recent<>(KEEPS, clock);
    this.waitingPerAgent = waitingPerAgent;
  }

  Hash idOf(Intent intent) {
    return intent.id(domain);
  }

  /**
   * What became of a submission.
   *
   * @param isNew whether nothing was known of it here
   */
  public record Taken(Hash id, boolean isNew) {}

  /**
   * Stores the intent and the work of submitting it, once however often it comes.
   *
   * @throws RefusedException with the status and words for the client
   */
  public Taken take(Intent intent, Bytes signature) {
    return take(intent, signature, handed -> takeAll(List.of(handed)).getFirst().get());
  }

  /**
   * As {@link #take(Intent, Bytes)}.
   *
   * @param taking what does {@link #takeAll} with it, alone or with others
   */
  Taken take(Intent intent, Bytes signature, Function<StoredIntent.Handed, Taken> taking) {
    Hash id = idOf(intent);
    try {
      check(intent, id, signature);
      return taking.apply(new StoredIntent.Handed(id, intent, signature));
    } catch (RefusedException | NodeException e) {
      // What was taken once is taken, whatever would be said of it today.
      if (isKnown(id, signature)) return new Taken(id, false);
      throw e;
    }
  }

  private boolean isKnown(Hash id, Bytes signature) {
    return database
        .inTransaction(tx -> StoredIntent.of(tx, id))
        .flatMap(StoredIntent::signature)
        .filter(signature::equals)
        .isPresent();
  }

  /**
   * One question to the chain and one database transaction for all that came and was checked.
   *
   * @return of each what became of it, in their order
   */
  List<Supplier<Taken>> takeAll(List<StoredIntent.Handed> handed) {
    requireRoom();
    List<Boolean> used =
        home.calls().noncesUsed(handed.stream().map(StoredIntent.Handed::intent).toList());
    Map<Hash, StoredIntent.Handed> fresh = new LinkedHashMap<>();
    Map<Hash, StoredIntent.Handed> spent = new LinkedHashMap<>();
    for (int i = 0; i < handed.size(); i++)
      (used.get(i) ? spent : fresh).put(handed.get(i).id(), handed.get(i));
    Map<Hash, StoredIntent.Handed> submitted = new LinkedHashMap<>();
    Map<Hash, RuntimeException> refused = new HashMap<>();
    if (!spent.isEmpty()) refused.putAll(refused(spent, fresh, submitted));
    Map<BigInteger, AtomicInteger> left = new HashMap<>();
    Map<Hash, RuntimeException> crowded = new HashMap<>();
    for (StoredIntent.Handed each : List.copyOf(fresh.values())) {
      BigInteger agentId = each.intent().agentId();
      AtomicInteger room = left.computeIfAbsent(agentId, this::room);
      if (room.getAndUpdate(n -> Math.max(0, n - 1)) > 0) continue;
      fresh.remove(each.id());
      crowded.put(each.id(), crowded(agentId));
    }
    Failpoint.BEFORE_INTENT_STORED.reach();
    Instant now = clock.instant();
    Set<Hash> added = new HashSet<>();
    database.run(
        tx -> {
          if (!crowded.isEmpty()) StoredIntent.known(tx, crowded.keySet()).forEach(crowded::remove);
          take(tx, fresh, now, now, added, refused);
          take(tx, submitted, now, now.plus(FOLLOWED), added, refused);
        });
    Failpoint.AFTER_INTENT_STORED.reach();
    signAnew(
        fresh.values().stream()
            .filter(each -> !added.contains(each.id()) && !refused.containsKey(each.id()))
            .toList(),
        refused);
    refused.putAll(crowded);
    // What was known, or not stored, needs no place.
    fresh.values().stream()
        .filter(each -> !added.contains(each.id()))
        .forEach(each -> left.get(each.intent().agentId()).incrementAndGet());
    if (!added.isEmpty()) {
      LOG.info("intents stored", "number", added.size(), "first", added.iterator().next());
      this.handed.accept(added.size());
    }
    return handed.stream()
        .map(
            h ->
                (Supplier<Taken>)
                    () -> {
                      if (refused.containsKey(h.id())) throw refused.get(h.id());
                      return new Taken(h.id(), added.contains(h.id()));
                    })
        .toList();
  }

  /**
   * @param due when they are to be submitted
   * @param added gets those of which nothing was known
   * @param refused gets why those are refused that are
   */
  private void take(
      Tx tx,
      Map<Hash, StoredIntent.Handed> handed,
      Instant now,
      Instant due,
      Set<Hash> added,
      Map<Hash, RuntimeException> refused) {
    if (handed.isEmpty()) return;
    StoredIntent.Intake intake =
        StoredIntent.takeAll(tx, home.chain().id(), List.copyOf(handed.values()), now, due);
    added.addAll(intake.added());
    intake
        .rivals()
        .forEach((id, rival) -> refused.put(id, contested(handed.get(id).intent(), rival)));
  }

  /**
   * Of those that were known, with another signature: a good one stays, whoever comes with what
   * else; one that the agent's wallet does not take any more gives way, since the key may have
   * changed.
   *
   * @param refused gets why those are refused that are
   */
  private void signAnew(List<StoredIntent.Handed> known, Map<Hash, RuntimeException> refused) {
    if (known.isEmpty()) return;
    Map<Hash, StoredIntent> stored =
        database.inTransaction(
            tx -> StoredIntent.of(tx, known.stream().map(StoredIntent.Handed::id).toList()));
    Map<Hash, StoredIntent.Handed> anew = new LinkedHashMap<>();
    for (StoredIntent.Handed each : known) {
      Optional<Bytes> old =
          Optional.ofNullable(stored.get(each.id())).flatMap(StoredIntent::signature);
      if (old.isEmpty() || old.get().equals(each.signature())) continue;
      try {
        if (isSigned(each.intent(), each.id(), old.get())) continue;
        anew.put(
            each.id(), new StoredIntent.Handed(each.id(), each.intent(), each.signature(), old));
      } catch (RefusedException | NodeException e) {
        refused.put(each.id(), e);
      }
    }
    if (anew.isEmpty()) return;
    database
        .inTransaction(
            tx ->
                StoredIntent.takeAll(
                    tx, home.chain().id(), List.copyOf(anew.values()), clock.instant()))
        .rivals()
        .forEach((id, rival) -> refused.put(id, contested(anew.get(id).intent(), rival)));
    handed.accept(anew.size());
  }

  /**
   * Of those whose nonce a node calls used: what was taken before is taken, and of the others each
   * is refused, fresh or submitted, as most nodes say. Submitted is what used its nonce itself:
   * another relayer did that, whose answer the client may never have got. Told to sign it with
   * another nonce, the client would pay twice. It is stored, with its signature, since a reorg may
   * undo what that relayer did; and it takes no place, since anybody can hand over what the chain
   * shows.
   *
   * @param fresh gets those whose nonce most nodes call unused
   * @param submitted gets those whose nonce that very intent used
   * @return why those are refused that are; that nodes do not agree is no refusal yet
   */
  private Map<Hash, RuntimeException> refused(
      Map<Hash, StoredIntent.Handed> spent,
      Map<Hash, StoredIntent.Handed> fresh,
      Map<Hash, StoredIntent.Handed> submitted) {
    Map<Hash, StoredIntent> known =
        database.inTransaction(tx -> StoredIntent.of(tx, List.copyOf(spent.keySet())));
    Map<Hash, RuntimeException> refused = new HashMap<>();
    spent.forEach(
        (id, one) -> {
          // An event tells of an intent without its signature.
          if (known.containsKey(id) && known.get(id).signature().isPresent()) return;
          try {
            switch (home.callsOfMost().nonceUse(id, one.intent())) {
              case NONE -> fresh.put(id, one);
              case ITSELF -> submitted.put(id, one);
              case ANOTHER -> refused.put(id, used(one.intent()));
            }
          } catch (NodeException e) {
            refused.put(id, e);
          }
        });
    return refused;
  }

  private static RefusedException used(Intent intent) {
    return new RefusedException(
        409,
        "NONCE",
        "nonce %s of agent %s is used by another intent"
            .formatted(intent.nonce(), intent.agentId()),
        "see what it was used for; only if this is another payment, sign it with a fresh random nonce");
  }

  /** The chain will take one of them, and this relayer would pay for the others. */
  private static RefusedException contested(Intent intent, Optional<Hash> rival) {
    return new RefusedException(
        409,
        "NONCE",
        "nonce %s of agent %s is that of %s, which is being submitted: a nonce is good for one intent"
            .formatted(
                intent.nonce(),
                intent.agentId(),
                rival.map(id -> "intent " + id).orElse("another intent")),
        "wait until that one is final; only if this is another payment, sign it with a fresh random nonce");
  }

  /**
   * How many more of an agent's intents may wait: one agent must not fill the backlog, for which
   * all others would be refused. Whoever takes a place takes it off.
   */
  private AtomicInteger room(BigInteger agentId) {
    return rooms.get(
        agentId,
        () ->
            new AtomicInteger(
                waitingPerAgent
                    - database.inTransaction(
                        tx -> Task.waiting(tx, agentId, clock.instant(), waitingPerAgent))));
  }

  private RefusedException crowded(BigInteger agentId) {
    return RefusedException.busy(
        429,
        "AGENT_BACKLOG",
        "%d intents of agent %s wait to be submitted, as many as one agent's may"
            .formatted(waitingPerAgent, agentId),
        waitingPerAgent,
        AGENT_PAUSE);
  }

  /**
   * What cannot be carried on as fast as it comes is not taken: a backlog must not grow for ever.
   */
  private void requireRoom() {
    boolean isFull =
        backlogs.get(
            "", () -> database.inTransaction(tx -> Task.areDue(tx, clock.instant(), MOST_WAITING)));
    if (isFull) {
      throw RefusedException.busy(
          503,
          "BACKLOG",
          "%d pieces of work wait here already".formatted(MOST_WAITING),
          MOST_WAITING,
          Duration.ofSeconds(5));
    }
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
    ContractCalls.Panel panel = home.callsOfMost().panel(agentId);
    if (!panel.approvers().contains(approval.approver())) {
      throw new RefusedException(
          422,
          "APPROVER",
          "%s is no approver of agent %s; they are %s"
              .formatted(approval.approver(), agentId, panel.approvers()),
          "have one of them sign it, or ask governance to name others");
    }
    if (!home.callsOfMost().isApproval(agentId, approval)) {
      throw new RefusedException(
          422,
          "SIGNATURE",
          "the signature does not approve intent %s for %s, or the approver took it back"
              .formatted(approval.intentId(), approval.approver()),
          "sign Approvers.approvalDigest of this intent with the approver's key");
    }
    Instant taken = clock.instant();
    boolean isNew =
        database.inTransaction(
            tx -> {
              if (!StoredApproval.save(tx, approval)) return false;
              Task.wake(tx, Task.Kind.PROCEED, home.chain().id(), approval.intentId(), taken);
              return true;
            });
    if (!isNew) return; // whoever says it again and again keeps nobody from acting on it
    LOG.info("approval stored", "intent", approval.intentId(), "approver", approval.approver());
    work.ring();
  }

  /** What is past its wait needs no approval, and must not look as if it had got one more. */
  private void requireWaiting(StoredIntent stored) {
    Optional<String> past =
        home.progress(stored.id())
            .map(StoredEvent::kind)
            .filter(k -> k != EventKind.ADMITTED)
            .map(EventKind::name)
            .or(() -> IntentViews.over(stored));
    if (past.isPresent()) {
      throw new RefusedException(
          422,
          "STATE",
          "intent %s is %s: it waits for no approval".formatted(stored.id(), past.get()),
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
      return previewOfMost(intent);
    }
  }

  private Verdict previewOfMost(Intent intent) {
    try {
      return home.callsOfMost().preview(intent);
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
          "sign it again with a later deadline and the same nonce: then at most one of the two is paid");
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
    // The same for all that an agent asks about an asset on a chain: what is not refused is not
    // asked again for a moment.
    String kind = intent.agentId() + " " + intent.asset() + " " + intent.chainId();
    standings.get(
        kind,
        () -> {
          checkAgent(intent);
          return true;
        });
  }

  /**
   * Refuses what an agent asks that may not ask for anything: anybody can register one, and this
   * relayer would pay for its denials. What breaks a mandate goes to the chain, which records it
   * and freezes the agent (L4).
   */
  private void checkAgent(Intent intent) {
    if (mayAsk(preview(intent))) return;
    Verdict verdict = previewOfMost(intent);
    if (!mayAsk(verdict)) throw new RefusedException(422, VerdictWords.refusal(verdict));
  }

  private static boolean mayAsk(Verdict verdict) {
    return switch (verdict.rule()) {
      case AGENT_STATUS, AGENT_BREAKER, GLOBAL_BREAKER, CHAIN_BREAKER, ASSET_BREAKER, EXPIRY ->
          false;
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
          INTENT_NEEDED ->
          true;
    };
  }

  private void checkSignature(Intent intent, Hash id, Bytes signature) {
    if (isSigned(intent, id, signature)) return;
    throw new RefusedException(
        422,
        "SIGNATURE",
        "the signature is not by %s, the wallet of agent %s%s"
            .formatted(
                wallet(intent.agentId()),
                intent.agentId(),
                signer(intent, signature).map(s -> ", but by " + s).orElse("")),
        "sign the intent's EIP-712 digest %s with the agent's key".formatted(id));
  }

  /** Whether the agent's wallet, which most nodes name, takes the signature. */
  private boolean isSigned(Intent intent, Hash id, Bytes signature) {
    Optional<Address> signer = signer(intent, signature);
    if (signer.isPresent() && signer.equals(walletOfMost(intent.agentId()))) return true;
    // The key may have changed just now; and a contract's word is its own each time.
    wallets.forget(intent.agentId());
    Address current = wallet(intent.agentId());
    return signer.filter(current::equals).isPresent() || acceptedByContract(current, id, signature);
  }

  private Optional<Address> signer(Intent intent, Bytes signature) {
    return new SignedIntent(intent, signature).recoverSigner(domain);
  }

  private Optional<Address> walletOfMost(BigInteger agentId) {
    return wallets.get(agentId, () -> home.callsOfMost().agent(agentId).wallet());
  }

  private Address wallet(BigInteger agentId) {
    return walletOfMost(agentId)
        .orElseThrow(
            () ->
                new RefusedException(
                    422,
                    "AGENT",
                    "agent %s has no wallet key in the registry".formatted(agentId),
                    "register the agent and prove its key"));
  }

  private boolean acceptedByContract(Address wallet, Hash id, Bytes signature) {
    ContractCalls most = home.callsOfMost();
    return most.isContract(wallet) && most.isValidSignature(wallet, id, signature);
  }

  /** The answer to a submission. */
  static JsonObject accepted(Hash id, String state) {
    return new JsonObject().put("intentId", id.hex()).put("state", state);
  }
}
