package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.chain.Transaction;
import org.mandate.event.IntentEvent;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.SignedIntent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.Function;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.utils.Numeric;

/**
 * At home: each intent that was submitted by a direct call of the executor carries the signature of
 * the agent's wallet as of that log. Contract wallets (ERC-1271) are asked at that block.
 * Submissions through another contract hide their call data from this check; the executor has
 * checked them. What an agent's key asks the account for directly is in a transaction of that
 * key's, unless the key is a contract.
 */
final class SignatureExaminer implements Examiner {
  private static final Logger LOG = LoggerFactory.getLogger(SignatureExaminer.class);

  private static final int MAGIC = 0x1626ba7e; // ERC-1271
  private static final int AT_ONCE = 8;

  /**
   * How often in a row a node must fail at a wallet, and make the same call of nobody, before that
   * counts as the wallet's failure.
   */
  private static final int TRIES = 10;

  /** After which people are told of what cannot be checked: a node may lag, or be limited. */
  static final Duration PATIENCE = NodePool.LAG.multipliedBy(8);

  /** Then it is asked for more seldom, at last at this interval. */
  static final Duration SELDOM = Duration.ofMinutes(64);

  private static final Duration FIRST_PAUSE = Duration.ofMinutes(1);

  private final ChainClient home;
  private final long chainId;
  private final Address executor;
  private final IntentDomain domain;
  private final Predicate<Block> stands;
  private final Freezer freezer;
  private final Findings findings;
  private final Duration poll;
  private final Clock clock;
  private final Submissions submissions;
  private final Map<BigInteger, Address> wallets = new HashMap<>();
  private final Set<Submission> begun = new HashSet<>();
  private final Semaphore slots = new Semaphore(AT_ONCE);

  // One after the other: a wallet that answers slowly must not keep others' from being asked.
  private final Map<BigInteger, Semaphore> turns = new ConcurrentHashMap<>();

  private record Submission(Block block, int logIndex) {}

  /** How far the check of one submission is. */
  private final class Progress {
    private final Instant begun = clock.instant();
    private int refusals;
    private boolean told;
    private Duration pause = FIRST_PAUSE;
    private Instant next = begun;

    private boolean isDue() {
      return !clock.instant().isBefore(next);
    }

    private boolean isLate() {
      return !clock.instant().isBefore(begun.plus(PATIENCE));
    }

    private void postpone() {
      next = clock.instant().plus(pause);
      Duration longer = pause.multipliedBy(2);
      pause = longer.compareTo(SELDOM) < 0 ? longer : SELDOM;
    }
  }

  /**
   * @param stands whether a block is still in the chain
   * @param poll between two tries
   */
  SignatureExaminer(
      ChainClient home,
      long chainId,
      IntentDomain domain,
      Predicate<Block> stands,
      Freezer freezer,
      Findings findings,
      Duration poll,
      Clock clock) {
    this.home = home;
    this.chainId = chainId;
    this.executor = domain.executor();
    this.domain = domain;
    this.stands = stands;
    this.freezer = freezer;
    this.findings = findings;
    this.poll = poll;
    this.clock = clock;
    this.submissions = new Submissions(domain);
  }

  @Override
  public void examine(Page page) {
    for (Entry entry : page.entries()) {
      switch (entry) {
        case Entry.Registry(var log) -> {
          LogWords words = LogWords.of(log);
          if (words.topic(0).equals(Topics.WALLET_SET)) {
            wallets.put(words.topicNumber(1), words.topicAddress(2));
          }
        }
        case Entry.Step(IntentEvent.Admitted e) -> start(e, page.block());
        case Entry.Step(IntentEvent.Denied e) -> start(e, page.block());
        case Entry.Step(IntentEvent.Dispatched e) -> start(e, page.block());
        case Entry.Step(IntentEvent.Executed e) -> start(e, page.block());
        case Entry.Step(IntentEvent.Paid e) -> start(e, page.block());
        case Entry.Step(IntentEvent.Refused e) -> start(e, page.block());
        case Entry.Step other -> {}
        case Entry.Notice notice -> {}
        case Entry.Order order -> {}
        case Entry.OrderConfirmed confirmed -> {}
        case Entry.OrderVetoed vetoed -> {}
        case Entry.HashPosted posted -> {}
        case Entry.GatewayClosed closed -> {}
        case Entry.Delivered delivered -> {}
        case Entry.RelayersSet set -> {}
        case Entry.Audit audit -> {}
        case Entry.Policy policy -> {}
        case Entry.Withdrawn withdrawn -> {}
        case Entry.Unreadable unreadable -> {}
      }
    }
  }

  @Override
  public void reset() {
    wallets.clear();
    // A block's hash says all that came before it: what was judged in one that stands stays judged.
    // What runs for one that does not ends by itself.
    begun.removeIf(submission -> !stands.test(submission.block()));
  }

  private void start(IntentEvent event, Block block) {
    if (!begun.add(new Submission(block, event.log().index()))) {
      return;
    }
    Address wallet = wallets.getOrDefault(event.agentId(), Address.ZERO);
    Progress progress = new Progress();
    Errand.start(
        "signature-" + event.intentId(),
        poll,
        () -> {
          if (!stands.test(block)) {
            return true;
          }
          if (!progress.isDue()) {
            return false;
          }
          Semaphore turn = turns.computeIfAbsent(event.agentId(), agent -> new Semaphore(1));
          turn.acquire();
          try {
            slots.acquire();
            try {
              return !stands.test(block) || check(event, block, wallet, progress);
            } finally {
              slots.release();
            }
          } finally {
            turn.release();
          }
        });
  }

  /**
   * @return whether it is done
   */
  private boolean check(IntentEvent event, Block block, Address wallet, Progress progress) {
    int refusals = progress.refusals;
    try {
      switch (event) {
        case IntentEvent.Paid paid -> checkSender(event, block, wallet);
        case IntentEvent.Refused refused -> checkSender(event, block, wallet);
        default -> checkSignature(event, block, wallet, progress);
      }
    } catch (NodeException e) {
      if (progress.refusals == refusals) {
        progress.refusals = 0; // it was not the wallet, this time
      }
      if (!progress.isLate()) {
        throw e;
      }
      home.head(); // a node that is down is waited for
      progress.postpone();
      if (!progress.told) {
        progress.told = true;
        LOG.atWarn()
            .addKeyValue("intent", event.intentId())
            .addKeyValue("reason", e.getMessage())
            .log("signature not verifiable");
        findings.report(unverifiable(event, block, e.getMessage()));
      }
      return false;
    }
    if (progress.told) {
      findings.withdrawIf(found -> found.id().equals(unverifiableId(event)));
    }
    return true;
  }

  /** There is one where there is a log of it: a node that shows none is asked again. */
  private Transaction transaction(IntentEvent event) {
    Hash hash = event.log().transaction();
    return home.transaction(hash)
        .orElseThrow(() -> new NodeException("the node does not show transaction " + hash));
  }

  private void checkSender(IntentEvent event, Block block, Address wallet) {
    Optional.of(transaction(event))
        .filter(transaction -> !transaction.from().equals(wallet) && home.code(wallet).isEmpty())
        .ifPresent(
            transaction ->
                found(
                    event,
                    block,
                    "a transaction of the agent's wallet " + wallet,
                    "a transaction of " + transaction.from(),
                    "The account paid, or refused to pay, for somebody who is not the agent. Check"
                        + " the code at the account's address against deployments/, and withdraw"
                        + " its funds."));
  }

  private void checkSignature(IntentEvent event, Block block, Address wallet, Progress progress) {
    List<SignedIntent> given =
        Optional.of(transaction(event))
            .filter(transaction -> transaction.to().filter(executor::equals).isPresent())
            .map(transaction -> submissions.in(transaction.input(), event.intentId()))
            .orElse(List.of());
    // Of a batch that has it twice, the executor takes the one that is signed.
    for (SignedIntent signed : given) {
      if (signedBy(signed, wallet, block, progress)) {
        return;
      }
    }
    given.stream()
        .findFirst()
        .ifPresent(
            signed ->
                found(
                    event,
                    block,
                    "a signature of the agent's wallet " + wallet,
                    signed
                        .recoverSigner(domain)
                        .map(signer -> "a signature of " + signer)
                        .orElse("no valid signature"),
                    "The executor took an intent that the agent did not sign. Check the code at the"
                        + " executor's address against deployments/, and withdraw the account's"
                        + " funds."));
  }

  private boolean signedBy(SignedIntent signed, Address wallet, Block block, Progress progress) {
    if (signed.recoverSigner(domain).filter(wallet::equals).isPresent()) {
      return true;
    }
    if (home.code(wallet).isEmpty()) {
      return false;
    }
    Function ask =
        new Function(
            "isValidSignature",
            List.of(
                new Bytes32(signed.intent().id(domain).bytes()),
                new DynamicBytes(signed.signature().bytes())),
            List.of());
    byte[] question = Numeric.hexStringToByteArray(FunctionEncoder.encode(ask));
    try {
      byte[] answer = home.call(wallet, question, block.hash());
      return answer.length == 32 && new BigInteger(1, Arrays.copyOf(answer, 4)).intValue() == MAGIC;
    } catch (CallRevertedException e) {
      return false;
    } catch (NodeException e) {
      Probe.mustMake(
          "with %d bytes".formatted(question.length),
          nobody -> home.call(nobody, question, block.hash()));
      if (++progress.refusals < TRIES) {
        throw e; // it may have been the node's, that once
      }
      return false; // a wallet that fails says no
    }
  }

  private String unverifiableId(IntentEvent event) {
    return "unverifiable-signature:" + chainId + ":" + event.intentId();
  }

  // Told to people only: nothing says that it was wrong.
  private Finding unverifiable(IntentEvent event, Block block, String why) {
    return new Finding(
        unverifiableId(event),
        Check.SIGNATURE,
        Severity.WARNING,
        chainId,
        block.number(),
        Optional.of(event.agentId()),
        Optional.of(event.intentId()),
        "a signature, or a sender, that can be checked again",
        "it cannot: " + why,
        "Look at transaction %s. Give the watchdog a node that shows every transaction and keeps the state of past blocks."
            .formatted(event.log().transaction()),
        clock.instant(),
        Finding.Status.OPEN,
        List.of());
  }

  private void found(IntentEvent event, Block block, String expected, String seen, String next) {
    freezer.freezeFor(
        new Finding(
            "signature:" + chainId + ":" + event.intentId(),
            Check.SIGNATURE,
            Severity.CRITICAL,
            chainId,
            block.number(),
            Optional.of(event.agentId()),
            Optional.of(event.intentId()),
            expected,
            seen,
            next,
            clock.instant(),
            Finding.Status.OPEN,
            List.of()),
        event.agentId(),
        block.timestamp());
  }
}
