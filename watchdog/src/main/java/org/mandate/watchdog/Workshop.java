package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.gateway.AttestationDomain;
import org.mandate.intent.IntentDomain;
import org.mandate.signer.Signer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts the watchdog together: who examines which chain, who asks whom. */
final class Workshop {
  private static final Logger LOG = LoggerFactory.getLogger(Workshop.class);

  /** Polls between two looks for proofs. */
  private static final int PROOFS_SELDOM = 10;

  private final WatchdogConfig config;
  private final Signer signer;
  private final Findings findings;
  private final Optional<PublicationCheck> publications;
  private final Handouts handouts;
  private final Clock clock;

  Workshop(
      WatchdogConfig config,
      Signer signer,
      Findings findings,
      Optional<PublicationCheck> publications,
      Handouts handouts,
      Clock clock) {
    this.config = config;
    this.signer = signer;
    this.findings = findings;
    this.publications = publications;
    this.handouts = handouts;
    this.clock = clock;
  }

  /** Home first. Nothing runs yet. */
  List<WatchedChain> build(Link home, List<Link> destinations) {
    IntentDomain domain =
        new IntentDomain(BigInteger.valueOf(home.id()), home.deployment().executor());
    ExecutorState executor = new ExecutorState(home.chain(), domain.executor());
    Enforcer enforcer = enforcer(home);
    Trips trips = new Trips();
    Jury jury =
        new Jury(
            new Jury.Place(
                home.id(),
                home.nodes(),
                domain.executor(),
                home.deployment().gateway(),
                home.deployment().block(),
                findings,
                clock));
    AtomicReference<BooleanSupplier> homeIsRead = new AtomicReference<>(() -> false);
    Freezer freezer =
        new Freezer(
            home.id(),
            home.chain(),
            home.finality(),
            home.deployment().account(),
            enforcer,
            trips,
            () -> homeIsRead.get().getAsBoolean(),
            findings,
            clock);
    Chronicle chronicle = new Chronicle(home.deployment().block());
    Dispatches dispatches = new Dispatches();
    Reader reader =
        new Reader(
            home.chain(),
            home.deployment(),
            text -> findings.report(unreadMandate(home, text)),
            home.settings().pollInterval());
    List<WatchedChain> all = new CopyOnWriteArrayList<>();
    Map<BigInteger, ResultExaminer.Elsewhere> elsewhere = new ConcurrentHashMap<>();
    PolicyExaminer policy =
        new PolicyExaminer(
            home.id(),
            new PolicyExaminer.Court(
                home.chain(), home.deployment(), chronicle::has, home.settings().pollInterval()),
            freezer,
            findings,
            () -> all.forEach(WatchedChain::reopen),
            clock);
    ForgeryExaminer forgery =
        forgery(
            home,
            executor,
            chronicle,
            Optional.empty(),
            intentId -> Optional.empty(),
            enforcer,
            disputes(home, executor, chronicle, enforcer, queued -> false),
            Optional.empty(),
            Optional.empty());
    Keyring keys = new Keyring();
    Optional<Prosecutor> prosecutor =
        home.deployment()
            .relayerBonds()
            .map(
                bonds ->
                    new Prosecutor(
                        home.id(),
                        home.chain(),
                        home.finality(),
                        home.deployment().gateway(),
                        bonds,
                        signer.address(),
                        keys,
                        chain ->
                            all.stream()
                                .filter(one -> one.id() == home.id() || one.link().chain() == chain)
                                .allMatch(one -> one.follower().caughtUp()),
                        relayer ->
                            new Budget(
                                Prosecutor.PER_HOUR,
                                home.id(),
                                "slashing of relayer " + relayer,
                                holdsEnough(home),
                                findings,
                                clock),
                        enforcer,
                        findings,
                        clock));
    Accuser accuser =
        new Accuser(
            AttestationDomain.of(home.deployment()), keys, prosecutor, handouts, findings, clock);
    Map<BigInteger, DeliveryExaminer.Place> places = new ConcurrentHashMap<>();
    for (Link link : Stream.concat(Stream.of(home), destinations.stream()).toList()) {
      places.put(
          BigInteger.valueOf(link.id()),
          new DeliveryExaminer.Place(link.chain(), link.finality(), link.deployment().block()));
    }
    Function<Watched, DeliveryExaminer> deliveries =
        watched ->
            new DeliveryExaminer(
                new DeliveryExaminer.Court(
                    watched.link().id(),
                    watched.link().chain(),
                    AttestationDomain.of(home.deployment()),
                    places,
                    dispatches,
                    () -> homeIsRead.get().getAsBoolean(),
                    watched.chronicle()::has,
                    accuser,
                    watched.link().settings().pollInterval()));
    Follower follower =
        new Follower(
            home.id(),
            home.chain(),
            reader,
            chronicle,
            // A dispatch is known only after it was judged.
            List.of(
                forgery,
                trips,
                policy,
                dispatches,
                keys,
                deliveries.apply(new Watched(home, chronicle)),
                new ResultExaminer(
                    new ResultExaminer.Court(
                        home.id(),
                        home.chain(),
                        home.finality(),
                        domain.executor(),
                        dispatches,
                        elsewhere,
                        chronicle::has,
                        enforcer,
                        findings,
                        config.safetyMargin(),
                        config.whenHomeIsSilent(),
                        home.settings().pollInterval(),
                        clock)),
                new SignatureExaminer(
                    home.chain(),
                    home.id(),
                    domain,
                    chronicle::has,
                    freezer,
                    findings,
                    home.settings().pollInterval(),
                    clock),
                records(home, chronicle)),
            outflows(home, chronicle, freezer),
            keep -> {
              findings.withdraw(home.id(), keep);
              // What home forgot may make dishonest what is queued elsewhere.
              all.forEach(WatchedChain::reopen);
            },
            home.settings().pollInterval(),
            clock);
    homeIsRead.set(follower::caughtUp);
    accuser.start();
    home.deployment()
        .relayerBonds()
        .ifPresent(bonds -> bondsman(home, jury, bonds, enforcer).start());
    Witness witness =
        new Witness(
            home.chain(),
            home.deployment().block(),
            dispatches,
            executor,
            home.finality(),
            config.homeLag());
    all.add(watched(home, chronicle, follower, enforcer, forgery));
    for (Link destination : destinations) {
      all.add(
          destination(
              home,
              destination,
              domain,
              witness,
              jury,
              policy::condemned,
              freezer,
              prosecutor,
              keys,
              deliveries,
              elsewhere));
    }
    return new ArrayList<>(all);
  }

  /** A chain and what was read of it. */
  private record Watched(Link link, Chronicle chronicle) {}

  private WatchedChain destination(
      Link home,
      Link link,
      IntentDomain domain,
      Witness witness,
      Jury jury,
      Function<Hash, Optional<String>> condemned,
      Freezer freezer,
      Optional<Prosecutor> prosecutor,
      Keyring keys,
      Function<Watched, DeliveryExaminer> deliveries,
      Map<BigInteger, ResultExaminer.Elsewhere> elsewhere) {
    Enforcer enforcer = enforcer(link);
    Reader reader = new Reader(link.chain(), link.deployment());
    Chronicle chronicle = new Chronicle(link.deployment().block());
    ExecutorState executor = new ExecutorState(link.chain(), link.deployment().executor());
    Disputes disputes = disputes(link, executor, chronicle, enforcer, jury::showsDispatch);
    Optional<HomeStorage> storage =
        link.deployment()
            .postedHashes()
            .map(
                posted ->
                    new HomeStorage(
                        home.id(),
                        home.chain(),
                        link.chain(),
                        link.deployment().gateway(),
                        posted));
    Optional<Docket> docket =
        storage.map(
            shown ->
                new Docket(
                    "proofs-" + link.id(),
                    link.settings().pollInterval().multipliedBy(PROOFS_SELDOM),
                    shown::posts));
    ForgeryExaminer forgery =
        forgery(
            link,
            executor,
            chronicle,
            Optional.of(witness),
            condemned,
            enforcer,
            disputes,
            prosecutor,
            storage.map(shown -> notary(link, shown, docket.orElseThrow(), executor, enforcer)));
    Trips trips = new Trips();
    AtomicReference<BooleanSupplier> isRead = new AtomicReference<>(() -> false);
    Freezer stopper =
        new Freezer(
            link.id(),
            link.chain(),
            link.finality(),
            link.deployment().account(),
            enforcer,
            trips,
            () -> isRead.get().getAsBoolean(),
            findings,
            clock);
    ExecutionExaminer executions =
        new ExecutionExaminer(
            link.id(),
            domain,
            witness,
            freezer,
            // Nobody disputed it in time; who signed it pays all the same.
            (findingId, intentId) ->
                prosecutor.ifPresent(
                    by ->
                        forgery
                            .delivery(intentId)
                            .ifPresent(
                                delivery ->
                                    by.charge(
                                        new Prosecutor.Charge(
                                            findingId,
                                            delivery.event().messageId(),
                                            link.chain(),
                                            delivery.event().log().transaction(),
                                            delivery.block().timestamp(),
                                            () -> chronicle.has(delivery.block()))))),
            chronicle::has,
            link.settings().pollInterval(),
            clock);
    elsewhere.put(
        BigInteger.valueOf(link.id()),
        new ResultExaminer.Elsewhere(link.chain(), link.finality(), executor, executions::moved));
    List<Examiner> examiners =
        new ArrayList<>(
            List.of(
                disputes,
                forgery,
                trips,
                executions,
                keys,
                deliveries.apply(new Watched(link, chronicle)),
                records(link, chronicle)));
    link.deployment()
        .remoteGovernance()
        .map(
            governance ->
                orders(
                    home,
                    jury,
                    link,
                    governance,
                    chronicle,
                    enforcer,
                    prosecutor,
                    storage.map(
                        shown ->
                            new OrderNotary(
                                new OrderNotary.Place(
                                    shown,
                                    link.id(),
                                    link.chain(),
                                    governance,
                                    link.deployment().gateway(),
                                    enforcer,
                                    findings,
                                    docket.orElseThrow(),
                                    clock)))))
        .ifPresent(examiners::add);
    link.deployment()
        .postedHashes()
        .map(posted -> hashes(home, jury, link, posted, chronicle, enforcer))
        .ifPresent(examiners::add);
    Follower follower =
        new Follower(
            link.id(),
            link.chain(),
            reader,
            chronicle,
            examiners,
            outflows(link, chronicle, stopper),
            keep -> findings.withdraw(link.id(), keep),
            link.settings().pollInterval(),
            clock);
    isRead.set(follower::caughtUp);
    return watched(link, chronicle, follower, enforcer, forgery);
  }

  private BooleanSupplier holdsEnough(Link link) {
    return () -> link.chain().balance(signer.address()).compareTo(config.minimumBalance()) >= 0;
  }

  private Bondsman bondsman(Link home, Jury jury, Address bonds, Enforcer enforcer) {
    return new Bondsman(
        new Bondsman.Place(
            home.id(),
            home.chain(),
            jury::most,
            home.deployment().gateway(),
            bonds,
            new Budget(
                Bondsman.PER_HOUR,
                home.id(),
                "rebonding of relayers",
                holdsEnough(home),
                findings,
                clock),
            enforcer,
            findings,
            home.settings().pollInterval(),
            handouts::isClosed,
            clock));
  }

  private Notary notary(
      Link link, HomeStorage storage, Docket docket, ExecutorState executor, Enforcer enforcer) {
    return new Notary(
        new Notary.Place(
            storage,
            link.id(),
            link.chain(),
            executor,
            link.deployment().gateway(),
            enforcer,
            findings,
            docket,
            new Budget(
                Notary.MOST_REFUTATIONS,
                link.id(),
                "refutation of forgeries",
                holdsEnough(link),
                findings,
                clock),
            config.safetyMargin(),
            clock));
  }

  private OrderExaminer orders(
      Link home,
      Jury jury,
      Link link,
      Address governance,
      Chronicle chronicle,
      Enforcer enforcer,
      Optional<Prosecutor> prosecutor,
      Optional<OrderNotary> notary) {
    return new OrderExaminer(
        new OrderExaminer.Court(
            link.id(),
            link.chain(),
            link.finality(),
            governance,
            signer.address(),
            home.chain(),
            home.finality(),
            home.deployment().block(),
            jury,
            chronicle::has,
            enforcer,
            prosecutor,
            notary,
            findings,
            config.safetyMargin(),
            config.whenHomeIsSilent(),
            link.settings().pollInterval(),
            clock));
  }

  private HashExaminer hashes(
      Link home, Jury jury, Link link, Address posted, Chronicle chronicle, Enforcer enforcer) {
    return new HashExaminer(
        new HashExaminer.Court(
            link.id(),
            link.chain(),
            link.finality(),
            posted,
            home.chain(),
            home.finality(),
            jury,
            new Budget(
                HashExaminer.MOST_RETRACTIONS,
                link.id(),
                "retraction of posted hashes",
                holdsEnough(link),
                findings,
                clock),
            chronicle::has,
            enforcer,
            findings,
            config.safetyMargin(),
            config.whenHomeIsSilent(),
            link.settings().pollInterval(),
            clock));
  }

  private static WatchedChain watched(
      Link link,
      Chronicle chronicle,
      Follower follower,
      Enforcer enforcer,
      ForgeryExaminer forgery) {
    Scout scout =
        new Scout(
            link.id(),
            link.chain(),
            link.deployment().executor(),
            link.deployment().block(),
            forgery,
            follower::caughtUp,
            link.settings().pollInterval());
    return new WatchedChain(link, chronicle, follower, scout, enforcer, forgery);
  }

  private Disputes disputes(
      Link link,
      ExecutorState executor,
      Chronicle chronicle,
      Enforcer enforcer,
      Predicate<Queued> shown) {
    return new Disputes(
        signer.address(),
        chronicle::tip,
        new Brake(
            link.id(),
            link.chain(),
            link.finality(),
            executor.address(),
            enforcer,
            findings,
            shown,
            clock),
        new BondPurse(
            link.chain(),
            executor,
            signer.address(),
            config.disputeBonds(),
            enforcer,
            link.settings().pollInterval()),
        shown,
        clock);
  }

  private ForgeryExaminer forgery(
      Link link,
      ExecutorState executor,
      Chronicle chronicle,
      Optional<Witness> witness,
      Function<Hash, Optional<String>> condemned,
      Enforcer enforcer,
      Disputes disputes,
      Optional<Prosecutor> prosecutor,
      Optional<Notary> notary) {
    Case.Court court =
        new Case.Court(
            link.id(),
            link.chain(),
            link.finality(),
            executor,
            chronicle,
            witness,
            condemned,
            enforcer,
            disputes,
            prosecutor,
            notary,
            findings,
            config.safetyMargin(),
            config.whenHomeIsSilent(),
            link.settings().pollInterval(),
            clock);
    return new ForgeryExaminer(
        (delivery, stands, refuted, onEnd) -> new Case(delivery, court, stands, refuted, onEnd),
        clock);
  }

  private Outflows outflows(Link link, Chronicle chronicle, Freezer freezer) {
    return new Outflows(
        link.id(),
        link.chain(),
        link.deployment().account(),
        chronicle,
        freezer,
        findings,
        // Once per chain: what is so in one block is so in the next. The log has each block.
        text ->
            findings.report(
                new Finding(
                    "outflows:" + link.id(),
                    Check.OUTFLOW,
                    Severity.CRITICAL,
                    link.id(),
                    -1,
                    Optional.empty(),
                    Optional.empty(),
                    "what the account holds of every asset",
                    "could not be read: " + text,
                    "Give the watchdog a node that keeps the state of the latest blocks, and"
                        + " answers faster than blocks come. Until it hands the balances out, what"
                        + " left is only known from the events.",
                    clock.instant(),
                    Finding.Status.OPEN,
                    List.of())),
        link.settings().pollInterval(),
        clock);
  }

  private RecordExaminer records(Link link, Chronicle chronicle) {
    BigInteger chainId = BigInteger.valueOf(link.id());
    return new RecordExaminer(chainId, findings, clock, publications, chronicle::has);
  }

  private Enforcer enforcer(Link link) {
    return new Enforcer(
        link.id(),
        link.chain(),
        signer,
        config.maxFeePerGas(),
        config.maxTipPerGas(),
        link.settings().pollInterval(),
        new Incapacity(link.id(), signer.address(), findings, clock));
  }

  // Once per chain, as with outflows.
  private Finding unreadMandate(Link home, String text) {
    LOG.atError().addKeyValue("chain", home.id()).log("not read: " + text);
    return new Finding(
        "mandates:" + home.id(),
        Check.POLICY,
        Severity.CRITICAL,
        home.id(),
        -1,
        Optional.empty(),
        Optional.empty(),
        "the mandate events of every admitted agent",
        "could not be read: " + text,
        "Its owner or key made more of them in one block than a node hands out: suspend the agent."
            + " Until the watchdog is started again with a node that hands them out, what it says"
            + " of that agent's decisions may be wrong, in both directions.",
        clock.instant(),
        Finding.Status.OPEN,
        List.of());
  }
}
