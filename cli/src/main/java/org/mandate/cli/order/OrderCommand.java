package org.mandate.cli.order;

import java.math.BigInteger;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.cli.Chain;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Group;
import org.mandate.cli.Guardian;
import org.mandate.cli.HomePair;
import org.mandate.cli.HomeProofs;
import org.mandate.cli.KeyOptions;
import org.mandate.cli.Output;
import org.mandate.cli.ProposalOptions;
import org.mandate.cli.Words;
import org.mandate.cli.relayers.Delivery;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.event.ContractEvents;
import org.mandate.event.GatewayEvent;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageAbi;
import org.mandate.proof.ProofAbi;
import org.web3j.abi.EventEncoder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What home's vote orders on the chains that it governs. */
@Command(
    name = "order",
    description = {
      "Order on other chains what home's vote decides, and look after what was ordered.",
      "An order is carried by relayers and waits for days: a guardian vetoes what home never sent,"
          + " and a proof of",
      "home's storage decides over a veto. Then anybody executes it."
    },
    subcommands = {
      OrderCommand.Propose.class,
      OrderCommand.Show.class,
      OrderCommand.Veto.class,
      OrderCommand.Confirm.class,
      OrderCommand.Refute.class,
      OrderCommand.Execute.class,
      OrderCommand.Cancel.class
    })
public final class OrderCommand extends Group {
  /** The contracts want a younger block for what home has not sent: clocks differ. */
  private static final Duration SKEW = Duration.ofHours(1);

  private static final int SALT_BYTES = 32;

  /** For which chain. */
  static final class Where {
    @Option(
        names = "--chain",
        required = true,
        paramLabel = "ID",
        description = "The chain that is to do it.")
    private BigInteger chainId;
  }

  @Command(
      name = "propose",
      description = {
        "Proposes at home that another chain makes calls: only home's vote orders.",
        "--calls is a file {\"calls\": [{\"to\", \"value\", \"data\"}]}, or what a proposing"
            + " command for that chain",
        "answers with --json, such as mandate windows propose."
      })
  static final class Propose implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private Where where;
    @Mixin private ProposalOptions proposal;

    @Option(
        names = "--calls",
        required = true,
        paramLabel = "FILE",
        description = "The calls, JSON; all of them happen, or none.")
    private Path file;

    @Option(
        names = "--salt",
        paramLabel = "HEX",
        description =
            "32 bytes: the same calls with the same salt are one order, which is executed once"
                + " (default: a new one).")
    private Optional<String> salt = Optional.empty();

    @Override
    public ExitCode call() {
      var calls = CallFile.read(file);
      var bytes = salt.map(text -> Hash.of(text).bytes()).orElseGet(Propose::fresh);
      try (var home = at.openHome()) {
        return order(home, where.chainId, calls, bytes, "order", proposal, output);
      }
    }

    private static byte[] fresh() {
      var bytes = new byte[SALT_BYTES];
      new SecureRandom().nextBytes(bytes);
      return bytes;
    }
  }

  @Command(
      name = "show",
      description =
          "Shows an order on the chain that is to do it, and its calls; without an id, all of"
              + " them.")
  static final class Show implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;

    @Parameters(arity = "0..1", paramLabel = "ID", description = "The order's id.")
    private Optional<String> which = Optional.empty();

    @Override
    public ExitCode call() {
      try (var chain = at.openElsewhere()) {
        var orders = new Orders(chain);
        var wanted = which.map(Hash::of);
        var told =
            wanted
                .map(id -> List.of(orders.received(id)))
                .orElseGet(() -> List.copyOf(orders.all()));
        var json = Output.object();
        var list = json.putArray("orders");
        for (var one : told) {
          var standing = orders.standing(one.id());
          output.line("%s", Orders.words(one.id(), standing));
          var node = orders.json(one.id(), standing);
          list.add(node);
          var calls = node.putArray("calls");
          for (var call : one.calls()) {
            output.line(
                "  calls %s with %s wei: %s", call.target, call.value, brief(Bytes.of(call.data)));
            calls.add(Orders.json(call));
          }
        }
        if (told.isEmpty()) {
          output.line("no order came to chain %s", chain.deployment().chainId());
        }
        output.json(json);
        return ExitCode.OK;
      }
    }

    private static String brief(Bytes data) {
      final int shown = 200;
      var hex = data.hex();
      return hex.length() <= shown ? hex : hex.substring(0, shown) + "… (--json has all of it)";
    }
  }

  @Command(
      name = "veto",
      description = {
        "Stops an order at once, for a guardian: one that home never sent, above all.",
        "A proof that home did send it lifts the veto (mandate order confirm); what is proven ends",
        "when a second guardian vetoes it, too."
      })
  static final class Veto implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Parameters(paramLabel = "ID", description = "The order's id.")
    private String which;

    @Override
    public ExitCode call() {
      var id = Hash.of(which);
      try (var chain = at.openElsewhere()) {
        var orders = new Orders(chain);
        var standing =
            orders.require(id, Set.of(Orders.State.WAITING), "only what waits can be vetoed");
        requireByMessage(id, standing);
        var signer = key.open();
        Guardian.require(chain, signer.address());
        if (standing.proven()) {
          requireSecond(orders, id, signer.address());
        }
        var receipt =
            chain
                .sender(signer)
                .send(
                    Call.of(
                        "veto order " + id,
                        orders.address().hex(),
                        orders.contract().veto(id.bytes())));
        if (orders.standing(id).state() == Orders.State.WAITING) {
          output.line("it is proven to be home's: it ends when a second guardian vetoes it, too");
        }
        return done(orders, id, receipt.getTransactionHash(), output);
      }
    }

    private static void requireSecond(Orders orders, Hash id, Address guardian) {
      var first =
          Sender.read(
              "veto of a proven order", () -> orders.contract().doubtedBy(id.bytes()).send());
      if (Address.of(first).equals(guardian)) {
        throw new Failure(
            ExitCode.REFUSED,
            "order %s is proven to be home's, and %s vetoed it already: another guardian's veto ends it, or home (mandate order cancel)"
                .formatted(id, guardian));
      }
    }
  }

  @Command(
      name = "confirm",
      description = {
        "Shows by home's storage that it sent an order, with any key: one guardian's veto ends and"
            + " stops it no more, nor does",
        "the closing of a gateway end it. What never came is received by that, and begins to wait.",
        "Give a node of home and one of the chain that is to do it, to which home's block hashes"
            + " are posted."
      })
  static final class Confirm implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Parameters(paramLabel = "ID", description = "The order's id.")
    private String which;

    @Override
    public ExitCode call() {
      var id = Hash.of(which);
      try (var pair = HomePair.open(at)) {
        var orders = new Orders(pair.there());
        orders.require(
            id,
            Set.of(
                Orders.State.NONE, Orders.State.WAITING, Orders.State.VETOED, Orders.State.REFUTED),
            "it is over");
        var message = message(pair.home(), new Orders(pair.home()).sent(id));
        var messageId = message.id(pair.home().deployment().gateway());
        var proofs = new HomeProofs(pair.home(), pair.there());
        var evidence =
            proofs.newest(
                "message %s sent".formatted(messageId),
                block ->
                    proofs
                        .sent(message.nonce(), block)
                        .filter(shown -> shown.proven().value().equals(messageId)));
        var receipt =
            pair.there()
                .sender(key.open())
                .send(
                    Call.of(
                        "confirm order " + id,
                        orders.address().hex(),
                        orders
                            .contract()
                            .confirm(
                                MessageAbi.toRemote(message),
                                ProofAbi.toRemote(evidence.shown().proof()))));
        output.line("block %d of home shows that it sent the order", evidence.block().number());
        return done(orders, id, receipt.getTransactionHash(), output);
      }
    }
  }

  @Command(
      name = "refute",
      description = {
        "Shows by home's storage that it never sent the message that brought an order, with any"
            + " key: it ends.",
        "Give a node of home and one of the chain that would do it, to which home's block hashes"
            + " are posted."
      })
  static final class Refute implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Parameters(paramLabel = "ID", description = "The order's id.")
    private String which;

    @Override
    public ExitCode call() {
      var id = Hash.of(which);
      try (var pair = HomePair.open(at)) {
        var orders = new Orders(pair.there());
        var standing =
            orders.require(id, Set.of(Orders.State.WAITING), "only what waits can be refuted");
        requireDoubtful(id, standing);
        var received = orders.received(id);
        var message =
            Delivery.in(pair.there(), received.log().transaction())
                .carried(standing.messageId())
                .message();
        requireNotSent(pair.home(), message, standing.messageId());
        var late = Instant.ofEpochSecond(standing.since()).plus(SKEW);
        var proofs = new HomeProofs(pair.home(), pair.there());
        var evidence =
            proofs.newest(
                "that home never sent message %s as its number %s (another one under it, or, from %s on, that it had not come to it)"
                    .formatted(standing.messageId(), message.nonce(), late),
                block ->
                    proofs
                        .sent(message.nonce(), block)
                        .or(
                            () ->
                                block.timestamp().isBefore(late)
                                    ? Optional.empty()
                                    : proofs.notYetSent(message.nonce(), block)));
        var receipt =
            pair.there()
                .sender(key.open())
                .send(
                    Call.of(
                        "refute order " + id,
                        orders.address().hex(),
                        orders
                            .contract()
                            .refute(
                                id.bytes(),
                                MessageAbi.toRemote(message),
                                ProofAbi.toRemote(evidence.shown().proof()))));
        output.line(
            "block %d of home shows that it never sent the order", evidence.block().number());
        return done(orders, id, receipt.getTransactionHash(), output);
      }
    }

    private static void requireNotSent(Chain home, Message message, Hash messageId) {
      var sent = Sender.read("message", () -> home.gateway().sent(message.nonce()).send());
      if (Hash.of(sent).equals(messageId)) {
        throw new Failure(
            ExitCode.REFUSED,
            "home did send message %s: there is nothing to refute (mandate order confirm shows it)"
                .formatted(messageId));
      }
    }
  }

  @Command(
      name = "execute",
      description = {
        "Makes the calls of an order that has waited, with any key: all of them, or none when one"
            + " fails.",
        "Native coin that they send along is what the contract there holds, or what --value adds."
      })
  static final class Execute implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Parameters(paramLabel = "ID", description = "The order's id.")
    private String which;

    @Option(
        names = "--value",
        paramLabel = "WEI",
        defaultValue = "0",
        description = "Native coin to hand along (default: none).")
    private BigInteger value;

    @Override
    public ExitCode call() {
      var id = Hash.of(which);
      if (value.signum() < 0) {
        throw new Failure(ExitCode.USAGE, "--value %s is below 0 wei".formatted(value));
      }
      try (var chain = at.openElsewhere()) {
        var orders = new Orders(chain);
        var standing =
            orders.require(id, Set.of(Orders.State.WAITING), "only what waits can be executed");
        var now = chain.client().head().timestamp().getEpochSecond();
        if (now < standing.from() || now > standing.deadline()) {
          throw new Failure(
              ExitCode.REFUSED,
              "%s; it is %s".formatted(Orders.words(id, standing), Words.time(now)));
        }
        var told = orders.received(id);
        var contract = orders.contract();
        var call =
            Call.of(
                "execute order " + id,
                orders.address().hex(),
                told.messageId().isPresent()
                    ? contract.execute(told.calls(), told.salt(), BigInteger.ZERO)
                    : contract.recover(told.calls(), told.salt(), BigInteger.ZERO));
        var receipt =
            chain.sender(key.open()).send(new Call(call.what(), call.to(), value, call.data()));
        return done(orders, id, receipt.getTransactionHash(), output);
      }
    }
  }

  @Command(
      name = "cancel",
      description = {
        "Proposes at home to stop an order for good, or what a recovery authority ordered, also"
            + " before it came: only",
        "home's vote may. The cancellation is an order itself and waits like one."
      })
  static final class Cancel implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private Where where;
    @Mixin private ProposalOptions proposal;

    @Parameters(paramLabel = "ID", description = "The order's id.")
    private String which;

    @Override
    public ExitCode call() {
      var id = Hash.of(which);
      try (var home = at.openHome()) {
        var orders = new Orders(home);
        var cancel =
            new RemoteGovernance.Call(
                orders.address().hex(),
                BigInteger.ZERO,
                Bytes.of(orders.contract().cancel(id.bytes()).encodeFunctionCall()).bytes());
        return order(
            home,
            where.chainId,
            List.of(cancel),
            id.bytes(),
            "cancellation of order " + id,
            proposal,
            output);
      }
    }
  }

  // ------------------------------------------------------------------ what they share

  private static ExitCode order(
      Chain home,
      BigInteger chainId,
      List<RemoteGovernance.Call> calls,
      byte[] salt,
      String what,
      ProposalOptions proposal,
      Output output) {
    if (chainId.equals(home.deployment().chainId())) {
      throw new Failure(
          ExitCode.USAGE,
          "chain %s is home, which needs no order: propose the calls there".formatted(chainId));
    }
    List<?> known = Sender.read("chains", () -> home.account().chainIds().send());
    if (!known.contains(chainId)) {
      throw new Failure(
          ExitCode.USAGE, "chain %s is not of this deployment: %s are".formatted(chainId, known));
    }
    var orders = new Orders(home);
    var contract = orders.contract();
    var id = Hash.of(Sender.read("order's id", () -> contract.idOf(chainId, calls, salt).send()));
    output.line("order %s for chain %s: %d calls", id, chainId, calls.size());
    var json =
        Output.object()
            .put("orderId", id.hex())
            .put("chainId", chainId.toString())
            .put("salt", Bytes.of(salt).hex());
    var ordered = json.putArray("ordered");
    calls.forEach(one -> ordered.add(Orders.json(one)));
    var text =
        "Chain %s: %s %s, as of block %d"
            .formatted(chainId, what, id, home.client().head().number());
    proposal.proceed(
        home,
        List.of(
            Call.of(
                "%s %s of %d calls on chain %s".formatted(what, id, calls.size(), chainId),
                orders.address().hex(),
                contract.order(chainId, calls, salt))),
        text,
        output,
        json);
    output.json(json);
    return ExitCode.OK;
  }

  private static ExitCode done(Orders orders, Hash id, String transaction, Output output) {
    var standing = orders.standing(id);
    output.line("%s; transaction %s", Orders.words(id, standing), transaction);
    output.json(orders.json(id, standing).put("transaction", transaction));
    return ExitCode.OK;
  }

  private static void requireDoubtful(Hash id, Orders.Standing standing) {
    if (standing.proven()) {
      throw new Failure(
          ExitCode.REFUSED,
          "order %s is proven to be home's: home cancels it (mandate order cancel), or two guardians veto it (mandate order veto)"
              .formatted(id));
    }
    requireByMessage(id, standing);
  }

  private static void requireByMessage(Hash id, Orders.Standing standing) {
    if (standing.isRecovery()) {
      throw new Failure(
          ExitCode.REFUSED,
          "order %s is of the recovery authority: only home stops it (mandate order cancel)"
              .formatted(id));
    }
  }

  /** What home's gateway sent, out of its own events. */
  private static Message message(Chain home, Orders.Told sent) {
    var messageId = sent.messageId().orElseThrow();
    var logs =
        home.client()
            .logs(
                sent.log().blockHash(),
                List.of(home.deployment().gateway()),
                List.of(
                    Set.of(
                        Hash.of(EventEncoder.encode(QuorumGateway.NONCEASSIGNED_EVENT)),
                        Hash.of(EventEncoder.encode(QuorumGateway.MESSAGESENT_EVENT))),
                    Set.of(messageId)));
    var events = new ArrayList<GatewayEvent>();
    for (Log log : logs) {
      ContractEvents.gateway(log).ifPresent(events::add);
    }
    Optional<BigInteger> nonce =
        events.stream()
            .filter(GatewayEvent.NonceAssigned.class::isInstance)
            .map(one -> ((GatewayEvent.NonceAssigned) one).nonce())
            .findFirst();
    return events.stream()
        .filter(GatewayEvent.MessageSent.class::isInstance)
        .map(GatewayEvent.MessageSent.class::cast)
        .filter(one -> nonce.isPresent())
        .map(
            one ->
                new Message(
                    home.deployment().chainId(),
                    nonce.get(),
                    one.sender(),
                    one.recipient(),
                    one.payload()))
        .filter(one -> one.id(home.deployment().gateway()).equals(messageId))
        .findFirst()
        .orElseThrow(
            () ->
                new Failure(
                    ExitCode.REFUSED,
                    "message %s was not sent by gateway %s of home: only that one's can be shown"
                        .formatted(messageId, home.deployment().gateway())));
  }
}
