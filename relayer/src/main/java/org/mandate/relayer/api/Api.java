package org.mandate.relayer.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.openapi.router.OpenAPIRoute;
import io.vertx.ext.web.openapi.router.RequestExtractor;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.contract.Location;
import io.vertx.openapi.contract.OpenAPIContract;
import io.vertx.openapi.contract.Parameter;
import io.vertx.openapi.validation.ValidatedRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.mandate.audit.BlobSource;
import org.mandate.audit.TrustlessGateway;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.contracts.MandateLens;
import org.mandate.event.AuditEvent;
import org.mandate.event.ContractEvents;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentJson;
import org.mandate.policy.AgentStatus;
import org.mandate.policy.Verdict;
import org.mandate.relayer.Journal;
import org.mandate.relayer.Loop;
import org.mandate.relayer.RelayerConfig.HttpSettings;
import org.mandate.relayer.Trap;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.StoredApproval;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredEvidence;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.StoredMessage;
import org.mandate.relayer.store.StoredRecord;
import org.mandate.relayer.work.ContractCalls;
import org.mandate.relayer.work.VerdictWords;
import org.mandate.relayer.work.Workplace;

/**
 * The REST API, as {@code openapi.yaml} describes it and the router enforces it. Routing stays on
 * the event loop; what waits for the database or a chain runs on a virtual thread.
 */
public final class Api implements AutoCloseable {
  private static final Journal LOG = Journal.of("api");
  private static final long MAX_BODY = 64 * 1024;
  private static final int MAX_SCANNED = 500;

  /**
   * So many lists are looked for at the same time: half of the connections for requests, as one of
   * what few are may look at all intents. Who comes then waits a moment, and is refused.
   */
  private static final int LISTS = 2;

  private static final Duration LISTS_PATIENCE = Duration.ofMillis(500);
  private static final Duration LISTS_PAUSE = Duration.ofSeconds(2);
  private static final int MAX_EVIDENCE = 100;

  /** A page of evidence ends with the piece that goes beyond so many characters. */
  private static final int FULL_EVIDENCE = 4 << 20;

  /** Submissions that wait to be looked at, and how many are looked at together. */
  private static final int MOST_ASKED = 2_000;

  private static final int ASKED_AT_ONCE = 200;

  private static final int MAX_CONNECTIONS = 1_000;
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(10);
  private static final Duration KEEPS = Duration.ofSeconds(1);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** An answer with a JSON body. */
  private record Answer(int status, JsonObject body) {
    static Answer ok(JsonObject body) {
      return new Answer(200, body);
    }
  }

  @FunctionalInterface
  private interface Handler {
    Answer answer(ValidatedRequest request);
  }

  private final Vertx vertx;
  private final Database database;
  private final Workplace home;
  private final Map<Long, Workplace> places;
  private final Address self;
  private final BlobSource blobs;
  private final Health health;
  private final Metrics metrics;
  private final IntentDesk desk;
  private final Semaphore lists = new Semaphore(LISTS);
  private final Gatherer<StoredIntent.Handed, IntentDesk.Taken> intake;
  private final IntentViews views;
  private final ClientLimit limit;
  private final int requestsPerSecond;
  private final Recent<String, Answer> agents;
  private final Recent<String, String> scrapes;
  private final Recent<String, JsonObject> reports;
  private final Connections connections;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final String document;
  private volatile Optional<HttpServer> server = Optional.empty();
  private volatile boolean draining;

  public Api(
      Vertx vertx,
      Database database,
      Workplace home,
      Map<Long, Workplace> places,
      Address self,
      BlobSource blobs,
      Health health,
      Metrics metrics,
      IntentDesk desk,
      HttpSettings settings,
      Clock clock) {
    this.vertx = vertx;
    this.database = database;
    this.home = home;
    this.places = Map.copyOf(places);
    this.self = self;
    this.blobs = blobs;
    this.health = health;
    this.metrics = metrics;
    this.desk = desk;
    this.intake =
        new Gatherer<>(
            "intake",
            MOST_ASKED,
            ASKED_AT_ONCE,
            2,
            desk::takeAll,
            Api::busy,
            e -> Loop.broken("intake", e));
    this.views = new IntentViews(home.chain().domain());
    this.requestsPerSecond = settings.requestsPerSecond();
    this.connections =
        new Connections(
            vertx, MAX_CONNECTIONS, settings.connectionsPerClient(), Connections.Patience.DEFAULT);
    this.limit = new ClientLimit(requestsPerSecond, 2.0 * requestsPerSecond, clock);
    this.agents = new Recent<>(KEEPS, clock);
    this.scrapes = new Recent<>(KEEPS, clock);
    this.reports = new Recent<>(KEEPS, clock);
    this.document = document();
  }

  /** What may be asked, and how: takes a while to read, and needs nothing else. */
  public static OpenAPIContract contract(Vertx vertx) {
    return OpenAPIContract.from(vertx, "openapi.yaml").await();
  }

  /** Listens; answers the port. */
  public int listen(OpenAPIContract contract, String host, int port) {
    RouterBuilder builder =
        RouterBuilder.create(vertx, contract, RequestExtractor.withBodyHandler());
    builder.rootHandler(BodyHandler.create(false).setBodyLimit(MAX_BODY));
    route(builder, "submitIntent", this::submit);
    route(builder, "listIntents", this::list);
    route(builder, "previewIntent", this::preview);
    route(builder, "getIntent", this::intent);
    route(builder, "approveIntent", this::approve);
    route(builder, "getAgent", request -> agents.get(path(request, "id"), () -> agent(request)));
    route(builder, "getHeadroom", this::headroom);
    route(builder, "getAudit", this::audit);
    route(builder, "getAttestation", this::attestation);
    route(builder, "getEvidence", this::evidence);
    route(builder, "listParked", this::parked);
    route(builder, "live", request -> Answer.ok(new JsonObject().put("status", "UP")));
    route(builder, "ready", request -> ready());
    TrustlessGateway gateway = new TrustlessGateway(vertx, blobs);
    builder
        .getRoute("getBlob")
        .setDoValidation(false)
        .addHandler(context -> gateway.handle(context.request()));
    builder
        .getRoute("metrics")
        .addHandler(
            c ->
                onVirtualThread(
                    c, () -> text("text/plain; version=0.0.4", scrapes.get("", metrics::scrape))));
    builder.getRoute("openapi").addHandler(text("text/plain; charset=utf-8", document)::accept);

    Router router = Router.router(vertx);
    router.route().handler(this::admit);
    router.head(TrustlessGateway.PATH + "*").handler(context -> gateway.handle(context.request()));
    router.route("/*").subRouter(builder.createRouter());
    router.route().failureHandler(Api::fail);
    router.errorHandler(
        404,
        c ->
            refuse(
                c,
                new RefusedException(
                    404, "PATH", "nothing is served at this path", "see /openapi.yaml")));
    router.errorHandler(
        405,
        c ->
            refuse(
                c,
                new RefusedException(
                    405, "METHOD", "this path does not take that method", "see /openapi.yaml")));
    server =
        Optional.of(
            vertx
                .createHttpServer(
                    new HttpServerOptions()
                        .setHttp2ClearTextEnabled(
                            false) // else a connection counts from its first byte
                        .setIdleTimeout(60)
                        .setMaxInitialLineLength(4096)
                        .setMaxHeaderSize(16 * 1024))
                .connectionHandler(connections::connected)
                .requestHandler(
                    request -> {
                      connections.asked(request);
                      router.handle(request);
                    })
                .listen(port, host)
                .await());
    connections.watch();
    return server.get().actualPort();
  }

  // ------------------------------------------------------------------ intents

  private Answer submit(ValidatedRequest request) {
    JsonObject body = request.getBody().getJsonObject();
    Intent intent = read(body.getJsonObject("intent"));
    IntentDesk.Taken taken = desk.take(intent, Bytes.of(body.getString("signature")), intake::ask);
    String state = taken.isNew() ? "RECEIVED" : view(taken.id()).getString("state");
    return new Answer(202, IntentDesk.accepted(taken.id(), state));
  }

  private static RefusedException busy() {
    return RefusedException.busy(
        503,
        "BUSY",
        "%d submissions wait to be looked at".formatted(MOST_ASKED),
        MOST_ASKED,
        Duration.ofSeconds(1));
  }

  private Answer preview(ValidatedRequest request) {
    Intent intent = read(request.getBody().getJsonObject().getJsonObject("intent"));
    Verdict verdict = desk.preview(intent);
    return Answer.ok(
        new JsonObject()
            .put("intentId", desk.idOf(intent).hex())
            .put("admitted", !VerdictWords.isDenial(verdict))
            .put("verdict", IntentViews.verdict(verdict)));
  }

  private Answer approve(ValidatedRequest request) {
    Hash id = Hash.of(path(request, "id"));
    JsonObject body = request.getBody().getJsonObject();
    BigInteger deadline = new BigInteger(body.getString("deadline"));
    if (deadline.bitLength() > 63) {
      throw new RefusedException(
          400, "REQUEST", "deadline " + deadline + " is beyond all time", "sign an earlier one");
    }
    desk.approve(
        new StoredApproval(
            id,
            address(body.getString("approver")),
            Bytes.of(body.getString("signature")),
            deadline.longValueExact()));
    return new Answer(202, IntentDesk.accepted(id, view(id).getString("state")));
  }

  private Answer intent(ValidatedRequest request) {
    return Answer.ok(view(Hash.of(path(request, "id"))));
  }

  private JsonObject view(Hash id) {
    return database.inTransaction(
        tx ->
            StoredIntent.of(tx, id)
                .map(stored -> views.view(tx, stored))
                .orElseThrow(
                    () ->
                        new RefusedException(
                            404,
                            "INTENT",
                            "intent " + id + " is not known here",
                            "submit it, or ask the relayer that it was submitted to")));
  }

  private Answer list(ValidatedRequest request) {
    try {
      if (!lists.tryAcquire(LISTS_PATIENCE.toMillis(), TimeUnit.MILLISECONDS))
        throw RefusedException.busy(
            503, "LISTS", "%d lists are looked for already".formatted(LISTS), LISTS, LISTS_PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted before a list was looked for", e);
    }
    try {
      return page(request);
    } finally {
      lists.release();
    }
  }

  private Answer page(ValidatedRequest request) {
    Optional<BigInteger> agentId = query(request, "agentId").map(BigInteger::new);
    Optional<String> state = query(request, "state");
    int most = query(request, "limit").map(Integer::parseInt).orElse(50);
    Optional<Long> before = query(request, "cursor").map(Long::parseLong);
    JsonArray page = new JsonArray();
    Optional<Long> next = before;
    int scanned = 0;
    boolean more = true;
    while (more && page.size() < most && scanned < MAX_SCANNED) {
      Optional<Long> from = next;
      int want = Math.min(100, state.isPresent() ? 100 : most - page.size());
      List<StoredIntent> rows =
          database.inTransaction(tx -> StoredIntent.page(tx, agentId, state, from, want));
      more = rows.size() == want;
      for (StoredIntent row : rows) {
        if (page.size() == most) {
          more = true;
          break;
        }
        scanned++;
        next = Optional.of(row.number());
        JsonObject view = database.inTransaction(tx -> views.brief(tx, row));
        if (state.isEmpty() || state.get().equals(view.getString("state"))) page.add(view);
      }
    }
    JsonObject answer = new JsonObject().put("intents", page);
    if (more && next.isPresent()) answer.put("next", Long.toString(next.get()));
    return Answer.ok(answer);
  }

  private static Intent read(JsonObject json) {
    try {
      JsonObject complete = json.containsKey("data") ? json : json.copy().put("data", "0x");
      return IntentJson.read(JSON.readTree(complete.encode()));
    } catch (IllegalArgumentException | JsonProcessingException e) {
      throw new RefusedException(
          400, "REQUEST", e.getMessage(), "correct the intent's fields; see /openapi.yaml");
    }
  }

  // ------------------------------------------------------------------ agents

  private Answer agent(ValidatedRequest request) {
    BigInteger id = new BigInteger(path(request, "id"));
    Address owner = owner(id);
    ContractCalls.Agent agent = home.calls().agent(id);
    JsonObject audit = new JsonObject();
    places.values().stream()
        .sorted(Comparator.comparing(p -> p.chain().id()))
        .forEach(
            place -> {
              ContractCalls.AuditChain chain = place.calls().auditChain(id);
              audit.put(
                  Long.toString(place.chain().id()),
                  new JsonObject()
                      .put("head", chain.head().hex())
                      .put("count", chain.count())
                      .put("published", chain.published()));
            });
    JsonObject json = new JsonObject().put("agentId", id.toString()).put("owner", owner.hex());
    agent.wallet().ifPresent(wallet -> json.put("wallet", wallet.hex()));
    return Answer.ok(
        json.put("status", status(agent.status()))
            .put("riskLevel", agent.riskLevel())
            .put("frozen", home.calls().frozen(id))
            .put("audit", audit));
  }

  private Address owner(BigInteger id) {
    requireUint256(id);
    try {
      return home.calls().ownerOf(id);
    } catch (CallRevertedException e) {
      throw new RefusedException(
          404,
          "AGENT",
          "agent " + id + " is not registered",
          "register it on chain " + home.chain().id());
    }
  }

  private Answer headroom(ValidatedRequest request) {
    BigInteger id = new BigInteger(path(request, "id"));
    owner(id);
    Address asset = query(request, "asset").map(Api::address).orElse(Address.ZERO);
    MandateLens.Headroom h = home.calls().headroom(id, asset);
    return Answer.ok(
        new JsonObject()
            .put("agentId", id.toString())
            .put("asset", asset.hex())
            .put("status", status(h.status.intValueExact()))
            .put("frozen", h.frozen)
            .put("halted", h.halted)
            .put("assetHalted", h.assetHalted)
            .put("riskLevel", h.riskLevel.intValueExact())
            .put(
                "terms",
                new JsonObject()
                    .put("expiry", h.terms.expiry.toString())
                    .put("frequencyWindow", h.terms.frequencyWindow.toString())
                    .put("maxTransactions", h.terms.maxTransactions.toString())
                    .put("maxAuditLag", h.terms.maxAuditLag.toString())
                    .put("basic", h.terms.basic)
                    .put("open", h.terms.open))
            .put(
                "tempo",
                new JsonObject()
                    .put("burst", h.tempo.burst.toString())
                    .put("burstWindow", h.tempo.burstWindow.toString())
                    .put("cooldown", h.tempo.cooldown.toString()))
            .put(
                "limit",
                new JsonObject()
                    .put("perTransaction", h.limit.perTransaction.toString())
                    .put("cap", h.limit.cap.toString())
                    .put("window", h.limit.window.toString()))
            .put("used", h.used.toString())
            .put("left", h.left.toString())
            .put("moreAt", h.moreAt.toString())
            .put("transactionsLeft", h.transactionsLeft.toString())
            .put("transactionAt", h.transactionAt.toString())
            .put("recordsLeft", h.recordsLeft.toString())
            .put("restedAt", h.restedAt.toString())
            .put("burstLeft", h.burstLeft.toString()));
  }

  private Answer audit(ValidatedRequest request) {
    BigInteger id = new BigInteger(path(request, "id"));
    requireUint256(id);
    long chainId = query(request, "chainId").map(Long::parseLong).orElse(home.chain().id());
    if (!places.containsKey(chainId)) {
      throw new RefusedException(
          400,
          "CHAIN",
          "chain " + chainId + " is not served here",
          "name one of " + places.keySet());
    }
    long from = query(request, "from").map(Long::parseLong).orElse(0L);
    int most = query(request, "limit").map(Integer::parseInt).orElse(100);
    return database.inTransaction(
        tx -> {
          JsonArray records = new JsonArray();
          StoredRecord.from(tx, chainId, id, from, most)
              .forEach(
                  r ->
                      records.add(
                          new JsonObject()
                              .put("index", r.index())
                              .put("action", r.action())
                              .put("intentId", r.intentId().hex())
                              .put("recordHash", r.recordHash().hex())
                              .put("cid", r.cid())
                              .put("block", Long.toString(r.blockNumber()))
                              .put("transaction", r.transaction().hex())));
          JsonObject json =
              new JsonObject()
                  .put("agentId", id.toString())
                  .put("chainId", Long.toString(chainId))
                  .put("records", records);
          StoredEvent.lastPublished(tx, chainId, id)
              .flatMap(e -> ContractEvents.auditLog(e.log()))
              .ifPresent(
                  e -> json.put("published", ((AuditEvent.Published) e).to().longValueExact()));
          if (!json.containsKey("published")) json.put("published", 0L);
          return Answer.ok(json);
        });
  }

  private Answer attestation(ValidatedRequest request) {
    Hash root = Hash.of(path(request, "root"));
    List<StoredMessage.Signed> known =
        database.inTransaction(tx -> StoredMessage.attestations(tx, root));
    if (known.isEmpty()) {
      throw new RefusedException(
          404,
          "ROOT",
          "root " + root + " is not attested here",
          "ask again when its messages are final on their source chain"); // or never
    }
    JsonArray attestations = new JsonArray();
    known.forEach(
        s ->
            attestations.add(
                new JsonObject()
                    .put("signer", s.signer().hex())
                    .put("signature", Bytes.of(s.attestation().signature().bytes()).hex())));
    return Answer.ok(new JsonObject().put("root", root.hex()).put("attestations", attestations));
  }

  private Answer parked(ValidatedRequest request) {
    long skipped = query(request, "cursor").map(Long::parseLong).orElse(0L);
    return Answer.ok(
        database.inTransaction(tx -> ParkedWork.page(tx, query(request, "rule"), skipped)));
  }

  private Answer evidence(ValidatedRequest request) {
    long skipped = query(request, "cursor").map(Long::parseLong).orElse(0L);
    List<Long> numbers =
        database.inTransaction(
            tx -> StoredEvidence.inTurns(tx, home.chain().id(), skipped, MAX_EVIDENCE + 1));
    JsonArray page = new JsonArray();
    int size = 0;
    for (long number : numbers) {
      if (page.size() == MAX_EVIDENCE || size > FULL_EVIDENCE) {
        return Answer.ok(
            new JsonObject()
                .put("evidence", page)
                .put("next", Long.toString(skipped + page.size())));
      }
      StoredEvidence e =
          database.inTransaction(tx -> StoredEvidence.numbered(tx, number)).orElseThrow();
      JsonObject piece =
          signed(e.messageId(), e.message(), e.proof(), e.attestation())
              .put("signer", e.signer().hex())
              .put("chainId", Long.toString(e.chainId()))
              .put("transaction", e.transaction().hex());
      e.other()
          .ifPresent(
              o ->
                  piece.put(
                      "other", signed(o.messageId(), o.message(), o.proof(), o.attestation())));
      size += piece.encode().length();
      page.add(piece);
    }
    return Answer.ok(new JsonObject().put("evidence", page));
  }

  /** A message with a signature under its root. */
  private static JsonObject signed(
      Hash messageId, Message message, List<Hash> way, Attestation attestation) {
    JsonArray proof = new JsonArray();
    way.forEach(hash -> proof.add(hash.hex()));
    return new JsonObject()
        .put("messageId", messageId.hex())
        .put(
            "message",
            new JsonObject()
                .put("sourceChainId", message.sourceChainId().toString())
                .put("nonce", message.nonce().toString())
                .put("sender", message.sender().hex())
                .put("recipient", message.recipient().hex())
                .put("payload", message.payload().hex()))
        .put("root", attestation.root().hex())
        .put("proof", proof)
        .put("signature", Bytes.of(attestation.signature().compact()).hex());
  }

  private Answer ready() {
    if (draining) {
      JsonObject report = health.report();
      report.getJsonArray("problems").add("this instance is being stopped");
      return new Answer(503, report.put("status", "DOWN"));
    }
    JsonObject report = reports.get("", health::report);
    return new Answer(report.getJsonArray("problems").isEmpty() ? 200 : 503, report);
  }

  // ------------------------------------------------------------------ plumbing

  private void route(RouterBuilder builder, String operation, Handler handler) {
    OpenAPIRoute route = builder.getRoute(operation);
    Set<String> parameters =
        route.getOperation().getParameters().stream()
            .filter(p -> p.getIn() == Location.QUERY)
            .map(Parameter::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    route
        .addHandler(context -> requireKnown(context, parameters))
        .addHandler(
            context ->
                onVirtualThread(
                    context,
                    () -> {
                      Answer answer =
                          handler.answer(
                              context.get(RouterBuilder.KEY_META_DATA_VALIDATED_REQUEST));
                      return c -> send(c, answer.status(), answer.body());
                    }))
        .addFailureHandler(Api::fail);
  }

  /** A misspelt parameter must not pass for one that was left out. */
  private static void requireKnown(RoutingContext context, Set<String> parameters) {
    Optional<String> unknown =
        context.queryParams().names().stream().filter(p -> !parameters.contains(p)).findFirst();
    if (unknown.isEmpty()) {
      context.next();
      return;
    }
    String name = unknown.get();
    context.fail(
        new RefusedException(
            400,
            "REQUEST",
            "there is no query parameter " + name.substring(0, Math.min(64, name.length())),
            parameters.isEmpty()
                ? "this path takes none; see /openapi.yaml"
                : "there are " + String.join(", ", parameters) + "; see /openapi.yaml"));
  }

  /** Runs what waits on a virtual thread, and writes the answer on the request's event loop. */
  private void onVirtualThread(RoutingContext context, Supplier<Consumer<RoutingContext>> work) {
    Context loop = vertx.getOrCreateContext();
    try {
      threads.execute(
          () -> {
            Trap.stopIfReached();
            Consumer<RoutingContext> answer;
            try {
              answer = work.get();
            } catch (RuntimeException | Error e) {
              loop.runOnContext(done -> context.fail(e));
              return;
            }
            loop.runOnContext(done -> answer.accept(context));
          });
    } catch (RejectedExecutionException e) {
      context.fail(503, e);
    }
  }

  private void admit(RoutingContext context) {
    if (draining) {
      context.response().putHeader("Connection", "close");
      context.addEndHandler(done -> context.request().connection().shutdown());
    }
    String client = ClientAddress.of(context.request().remoteAddress());
    if (limit.admits(client)) {
      context.next();
      return;
    }
    refuse(
        context,
        new RefusedException(
            429,
            "RATE",
            "too many requests from %s: %d a second are served"
                .formatted(client, requestsPerSecond),
            "slow down"));
  }

  private static Consumer<RoutingContext> text(String type, String body) {
    return context -> context.response().putHeader("Content-Type", type).end(Buffer.buffer(body));
  }

  private static void fail(RoutingContext context) {
    Throwable failure = context.failure();
    int status = context.statusCode();
    switch (failure) {
      case RefusedException refused -> refuse(context, refused);
      case NodeException e ->
          refuse(
              context,
              new RefusedException(
                  503, "CHAIN_UNAVAILABLE", "the chain's nodes do not answer", "try again"));
      case null -> refuse(context, byStatus(status, ""));
      default -> {
        boolean clients =
            status >= 400 && status < 500
                || failure.getClass().getName().startsWith("io.vertx.openapi.validation");
        if (!clients)
          LOG.warn(
              "request failed",
              "path",
              context.normalizedPath(),
              "reason",
              Journal.reason(failure));
        refuse(
            context,
            byStatus(
                clients ? (status >= 400 && status < 500 ? status : 400) : 500,
                clients ? words(failure) : ""));
      }
    }
  }

  private static String words(Throwable failure) {
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    return String.valueOf(cause.getMessage());
  }

  private static RefusedException byStatus(int status, String message) {
    return switch (status) {
      case 404 ->
          new RefusedException(404, "PATH", "nothing is served at this path", "see /openapi.yaml");
      case 405 ->
          new RefusedException(
              405, "METHOD", "this path does not take that method", "see /openapi.yaml");
      case 413 ->
          new RefusedException(
              413, "BODY", "the body is larger than " + MAX_BODY + " bytes", "send less");
      default ->
          status >= 400 && status < 500
              ? new RefusedException(
                  status,
                  "REQUEST",
                  message.isEmpty() ? "not a valid request" : message,
                  "correct the request; see /openapi.yaml")
              : new RefusedException(
                  500,
                  "INTERNAL",
                  "the relayer failed on this request",
                  "try again; its log says why");
    };
  }

  private static void refuse(RoutingContext context, RefusedException refused) {
    refused
        .again()
        .ifPresent(
            after -> context.response().putHeader("Retry-After", Long.toString(after.toSeconds())));
    send(context, refused.status(), new JsonObject().put("error", refused.refusal().json()));
  }

  private static void send(RoutingContext context, int status, JsonObject body) {
    if (context.response().ended() || context.response().closed()) return;
    context
        .response()
        .setStatusCode(status)
        .putHeader("Content-Type", "application/json")
        .putHeader("Cache-Control", "no-store")
        .putHeader("X-Content-Type-Options", "nosniff")
        .end(body.encode());
  }

  private static String path(ValidatedRequest request, String name) {
    return request.getPathParameters().get(name).getString();
  }

  private static Optional<String> query(ValidatedRequest request, String name) {
    return Optional.ofNullable(request.getQuery().get(name))
        .filter(p -> !p.isNull())
        .map(p -> String.valueOf(p.get()));
  }

  private static Address address(String text) {
    try {
      return Address.of(text);
    } catch (IllegalArgumentException e) {
      throw new RefusedException(400, "REQUEST", e.getMessage(), "correct the address");
    }
  }

  private static void requireUint256(BigInteger value) {
    if (value.bitLength() > 256) {
      throw new RefusedException(
          400, "REQUEST", value + " does not fit into 256 bits", "correct the number");
    }
  }

  private static String status(int number) {
    AgentStatus[] all = AgentStatus.values();
    return number >= 0 && number < all.length ? all[number].name() : "UNKNOWN_" + number;
  }

  private static String document() {
    try (InputStream in = Api.class.getResourceAsStream("/openapi.yaml")) {
      if (in == null) throw new IllegalStateException("openapi.yaml is not on the class path");
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Lets clients go to another instance: for that long everything is answered as before, but {@code
   * /health/ready} says no, and each connection ends with its next answer. Then nobody can connect
   * any more, and what was asked until then is still answered.
   */
  public void drain(Duration duration) throws InterruptedException {
    draining = true;
    if (!connections.isEmpty()) Thread.sleep(duration);
    server.ifPresent(
        listening -> listening.shutdown(LAST_ANSWERS.toSeconds(), TimeUnit.SECONDS).await());
  }

  @Override
  public void close() {
    intake.close();
    threads.shutdownNow();
  }
}
