package org.mandate.cli.intent;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.cli.Chain;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.HomePair;
import org.mandate.cli.HomeProofs;
import org.mandate.cli.KeyOptions;
import org.mandate.cli.Output;
import org.mandate.cli.Words;
import org.mandate.cli.relayers.Delivery;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.event.IntentEvent;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.MessageAbi;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentState;
import org.mandate.proof.ProofAbi;
import org.mandate.proof.Prover;
import org.mandate.proof.Slots;
import org.mandate.signer.Signature;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What decides over a delivered intent without anybody's word: signatures, and home's storage. */
final class ProofCommands {
  /** The contracts want a younger block for what home has not sent: clocks differ. */
  private static final Duration SKEW = Duration.ofHours(1);

  private ProofCommands() {}

  @Command(
      name = "hasten",
      description = {
        "Shows every relayer's signature under a queued intent's message: it waits less, with any"
            + " key.",
        "It waits as long as it would have with all of them from the start. The signatures are asked",
        "of the relayers given, and taken from the transaction that delivered it. Exit code 5: one is",
        "missing; it says whose.",
      })
  static final class Hasten implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Parameters(paramLabel = "INTENT", description = "Its id, or the file that signed it.")
    private String which;

    @Option(
        names = "--relayer",
        paramLabel = "URL",
        description = "A relayer's API; as often as there are relayers.")
    private List<URI> relayers = List.of();

    @Override
    public ExitCode call() {
      try (var chain = at.openElsewhere()) {
        var id = Known.id(chain, which);
        Known.require(chain, id, Set.of(IntentState.QUEUED), "only what is queued waits");
        var queued = Known.queued(chain, id);
        var before = due(chain, id);
        var delivery = Delivery.in(chain, queued.log().transaction());
        var carried = delivery.carried(queued.messageId());
        var signatures = all(chain, delivery);
        var executor = chain.destinationExecutor();
        var receipt =
            chain
                .sender(key.open())
                .send(
                    Call.of(
                        "hasten intent " + id,
                        chain.deployment().executor().hex(),
                        executor.hasten(
                            MessageAbi.toDestination(carried.message()),
                            MessageAbi.toContract(carried.proof()),
                            signatures.bytes())));
        var event = DestinationExecutor.getIntentHastenedEvents(receipt).getFirst();
        var after = event.executableAt.longValueExact();
        output.line(
            "%s relayers vouch for it: it can be executed from %s, before from %s; transaction %s",
            event.signatures, Words.time(after), Words.time(before), receipt.getTransactionHash());
        output.json(
            Output.object()
                .put("intentId", id.hex())
                .put("signatures", event.signatures.toString())
                .put("executableAt", Long.toString(after))
                .put("before", Long.toString(before))
                .put("transaction", receipt.getTransactionHash()));
        return ExitCode.OK;
      }
    }

    /** Everybody's of one set of relayers, as the gateway takes them. */
    private Bytes all(Chain chain, Delivery delivery) {
      var domain = AttestationDomain.of(chain.deployment());
      Map<Address, Attestation> known = new LinkedHashMap<>();
      var carried = Attestation.ofDelivery(delivery.root(), delivery.signatures());
      for (int i = 0; i < carried.size(); i++) {
        known.put(delivery.signers().get(i), carried.get(i));
      }
      for (var relayer : relayers) {
        told(relayer, delivery.root())
            .forEach(one -> one.signer(domain).ifPresent(by -> known.putIfAbsent(by, one)));
      }
      var present = Set.copyOf(chain.relayers());
      var former = Sender.read("former relayers", () -> chain.gateway().previousQuorum().send());
      var before =
          former.component1().stream().map(Address::of).collect(Collectors.toUnmodifiableSet());
      for (var set : List.of(present, before)) {
        if (!set.isEmpty() && known.keySet().containsAll(set)) {
          return Attestation.forDelivery(
              domain,
              known.entrySet().stream()
                  .filter(one -> set.contains(one.getKey()))
                  .map(Map.Entry::getValue)
                  .toList());
        }
      }
      var missing =
          present.stream()
              .filter(one -> !known.containsKey(one))
              .sorted()
              .map(Address::checksummed)
              .collect(Collectors.joining(", "));
      throw new Failure(
          ExitCode.REFUSED,
          "only every relayer's signature hastens an intent, and under root %s nobody has shown that of %s: give --relayer for theirs, or wait"
              .formatted(delivery.root(), missing));
    }

    /** What one relayer knows; what is no attestation of that root is left out, whoever says it. */
    private List<Attestation> told(URI relayer, Hash root) {
      JsonNode answer;
      try {
        answer = new RelayerApi(relayer).get("v1/attestations/" + root);
      } catch (Failure e) {
        output.progress("%s: %s", relayer.getHost() + ":" + relayer.getPort(), e.getMessage());
        return List.of();
      }
      var found = new ArrayList<Attestation>();
      for (var one : answer.path("attestations")) {
        if (found.size() == Attestation.MOST_SIGNATURES) {
          break;
        }
        try {
          found.add(
              new Attestation(
                  root, Signature.of(Bytes.of(one.path("signature").asText()).bytes())));
        } catch (IllegalArgumentException e) {
          output.progress(
              "%s: what it gives for a signature is none",
              relayer.getHost() + ":" + relayer.getPort());
        }
      }
      return found;
    }
  }

  @Command(
      name = "confirm",
      description = {
        "Shows by home's storage that it dispatched a delivered intent, with any key: it may execute.",
        "It waits no longer, nobody disputes it any more, and half of a disputer's bond is whose key",
        "this is, unless home dispatched it only after it had come.",
        "Give a node of home and one of the chain that pays, to which home's block hashes are"
            + " posted."
      })
  static final class Confirm implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Parameters(paramLabel = "INTENT", description = "Its id, or the file that signed it.")
    private String which;

    @Override
    public ExitCode call() {
      try (var pair = HomePair.open(at)) {
        var chain = pair.there();
        var id = Known.id(chain, which);
        requireDoubtful(chain, id);
        var queued = Known.queued(chain, id);
        requireDispatched(pair.home(), id);
        requireProofs(chain);
        var proofs = new HomeProofs(pair.home(), chain);
        var earliest = earliest(chain, id, queued);
        var evidence =
            proofs.newest(
                "intent %s dispatched, at or after %s".formatted(id, earliest),
                block ->
                    block.timestamp().isBefore(earliest)
                        ? Optional.empty()
                        : dispatched(proofs, pair.home(), id, block));
        var receipt =
            chain
                .sender(key.open())
                .send(
                    Call.of(
                        "confirm intent " + id,
                        chain.deployment().executor().hex(),
                        chain
                            .destinationExecutor()
                            .confirm(
                                IntentAbi.toDestination(queued.intent()),
                                ProofAbi.toDestination(evidence.shown().proof()))));
        output.line(
            "block %d of home shows that it dispatched intent %s: it can be executed at once;"
                + " transaction %s",
            evidence.block().number(), id, receipt.getTransactionHash());
        output.json(
            Output.object()
                .put("intentId", id.hex())
                .put("state", Known.state(chain, id).name())
                .put("homeBlock", evidence.block().number())
                .put("transaction", receipt.getTransactionHash()));
        return ExitCode.OK;
      }
    }

    private static void requireDispatched(Chain home, Hash id) {
      Known.require(
          home, id, Set.of(IntentState.DISPATCHED), "only what home dispatched is confirmed");
      var result =
          Sender.read("result of " + id, () -> home.homeExecutor().resultOf(id.bytes()).send());
      if (result.component1().signum() != 0) {
        throw new Failure(
            ExitCode.REFUSED,
            "home was told that intent %s is %s: it is not confirmed any more"
                .formatted(id, IntentState.of(result.component1().intValueExact())));
      }
    }

    private static Instant earliest(Chain chain, Hash id, IntentEvent.Queued queued) {
      if (Known.state(chain, id) == IntentState.DISPUTED) {
        var window =
            Sender.read(
                "resolution window", () -> chain.destinationExecutor().RESOLUTION_WINDOW().send());
        return Instant.ofEpochSecond(due(chain, id) - window.longValueExact());
      }
      return arrived(chain, queued);
    }

    private static Optional<Prover.Shown> dispatched(
        HomeProofs proofs, Chain home, Hash id, Block block) {
      return proofs
          .slot(home.deployment().executor(), Slots.progress(id), block)
          .filter(
              shown ->
                  Slots.state(shown.proven().value()) == IntentState.DISPATCHED
                      && Slots.outcome(shown.proven().value()) == IntentState.NONE);
    }
  }

  @Command(
      name = "refute",
      description = {
        "Shows by home's storage that it never sent what brought an intent, with any key: it is void.",
        "It is as if it had never come, and a disputer's bond goes back.",
        "Give a node of home and one of the chain that would pay, to which home's block hashes are"
            + " posted."
      })
  static final class Refute implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Parameters(paramLabel = "INTENT", description = "Its id, or the file that signed it.")
    private String which;

    @Override
    public ExitCode call() {
      try (var pair = HomePair.open(at)) {
        var chain = pair.there();
        var id = Known.id(chain, which);
        requireDoubtful(chain, id);
        var queued = Known.queued(chain, id);
        var carried = Delivery.in(chain, queued.log().transaction()).carried(queued.messageId());
        var nonce = carried.message().nonce();
        requireNotSent(pair.home(), carried);
        requireProofs(chain);
        var proofs = new HomeProofs(pair.home(), chain);
        var late = arrived(chain, queued).plus(SKEW);
        var evidence =
            proofs.newest(
                "that home never sent message %s as its number %s (another one under it, or, from %s on, that it had not come to it)"
                    .formatted(carried.id(), nonce, late),
                block ->
                    proofs
                        .sent(nonce, block)
                        .or(
                            () ->
                                block.timestamp().isBefore(late)
                                    ? Optional.empty()
                                    : proofs.notYetSent(nonce, block)));
        var receipt =
            chain
                .sender(key.open())
                .send(
                    Call.of(
                        "refute intent " + id,
                        chain.deployment().executor().hex(),
                        chain
                            .destinationExecutor()
                            .refute(
                                MessageAbi.toDestination(carried.message()),
                                ProofAbi.toDestination(evidence.shown().proof()))));
        output.line(
            "block %d of home shows that it never sent message %s: intent %s is as if it had never"
                + " come; transaction %s",
            evidence.block().number(), carried.id(), id, receipt.getTransactionHash());
        output.json(
            Output.object()
                .put("intentId", id.hex())
                .put("messageId", carried.id().hex())
                .put("state", Known.state(chain, id).name())
                .put("homeBlock", evidence.block().number())
                .put("transaction", receipt.getTransactionHash()));
        return ExitCode.OK;
      }
    }

    private static void requireNotSent(Chain home, Delivery.Carried carried) {
      var sent =
          Sender.read("message", () -> home.gateway().sent(carried.message().nonce()).send());
      if (Hash.of(sent).equals(carried.id())) {
        throw new Failure(
            ExitCode.REFUSED,
            "home did send message %s: there is nothing to refute (mandate intent confirm shows it)"
                .formatted(carried.id()));
      }
    }
  }

  // ------------------------------------------------------------------ what all of them ask

  /** Open to proofs. */
  private static void requireDoubtful(Chain chain, Hash id) {
    Known.require(
        chain,
        id,
        Set.of(IntentState.QUEUED, IntentState.DISPUTED),
        "proofs decide over what is queued or disputed");
    var upheld =
        Sender.read(
            "state of " + id, () -> chain.executor().progress(id.bytes()).send().component2());
    if (upheld) {
      throw new Failure(
          ExitCode.NO, "intent %s was upheld already: nothing decides over it".formatted(id));
    }
  }

  static void requireProofs(Chain chain) {
    var proofs =
        Sender.read("state proofs", () -> chain.destinationExecutor().stateProofs().send());
    if (Address.of(proofs).equals(Address.ZERO)) {
      throw new Failure(
          ExitCode.REFUSED,
          "the executor of chain %s takes no proofs: governance sets who proves (setStateProofs)"
              .formatted(chain.deployment().chainId()));
    }
  }

  private static Instant arrived(Chain chain, IntentEvent.Queued queued) {
    var hash = queued.log().blockHash();
    return chain
        .client()
        .block(hash)
        .orElseThrow(
            () ->
                new Failure(
                    ExitCode.UNREACHABLE, "the node does not have block %s".formatted(hash)))
        .timestamp();
  }

  private static long due(Chain chain, Hash id) {
    return Sender.read(
            "state of " + id, () -> chain.executor().progress(id.bytes()).send().component3())
        .longValueExact();
  }
}
