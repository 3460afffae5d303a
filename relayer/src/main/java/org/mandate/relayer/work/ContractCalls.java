package org.mandate.relayer.work;

import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallOutcome;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ContractCall;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.Approvers;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.MandateLens;
import org.mandate.contracts.QuorumGateway;
import org.mandate.event.IntentEvent;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageAbi;
import org.mandate.gateway.MessageTree;
import org.mandate.gateway.WindowTable;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.policy.Rule;
import org.mandate.policy.Tier;
import org.mandate.policy.Verdict;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.store.StoredApproval;
import org.mandate.signer.Signature;
import org.web3j.abi.CustomErrorEncoder;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.Bool;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.Function;
import org.web3j.abi.datatypes.Type;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.Web3jService;
import org.web3j.protocol.core.BatchRequest;
import org.web3j.protocol.core.BatchResponse;
import org.web3j.protocol.core.RemoteFunctionCall;
import org.web3j.protocol.core.Request;
import org.web3j.protocol.core.Response;
import org.web3j.protocol.websocket.events.Notification;
import org.web3j.tx.ReadonlyTransactionManager;
import org.web3j.tx.gas.DefaultGasProvider;
import org.web3j.utils.Numeric;

/**
 * The calls of one chain's contracts: encoded and decoded by the generated wrappers, carried by the
 * chain's client. What is read is one node's word, of the first one whose answer makes sense; what
 * refuses an intent or ends work is read by {@link #ofMost}.
 */
public final class ContractCalls {
  /** Where a batch's answer says which elements went well. */
  static final int FIRST = 0;

  static final int SECOND = 1;

  private static final Bytes ERC1271_MAGIC = Bytes.of("0x1626ba7e");

  private final Web3j nowhere = Web3j.build(new Nowhere());
  private final ReadonlyTransactionManager reader =
      new ReadonlyTransactionManager(nowhere, Address.ZERO.hex());
  private final DefaultGasProvider gas = new DefaultGasProvider();
  private final FollowedChain chain;
  private final boolean isOfMost;
  private final AgentRegistry registry;
  private final CrossChainExecutor executor; // what the executors of all chains have in common
  private final HomeExecutor home;
  private final DestinationExecutor destination;
  private final QuorumGateway gateway;
  private final AgentVault account;
  private final MandateLens lens;

  public ContractCalls(FollowedChain chain) {
    this(chain, false);
  }

  /**
   * The same, where what is read is what more than half of all nodes answer. Fails with {@link
   * NodeException} where they do not agree, as those may for a moment of which one is a block
   * behind.
   */
  public static ContractCalls ofMost(FollowedChain chain) {
    return new ContractCalls(chain, true);
  }

  private ContractCalls(FollowedChain chain, boolean isOfMost) {
    this.chain = chain;
    this.isOfMost = isOfMost;
    this.registry = AgentRegistry.load(chain.registry().hex(), nowhere, reader, gas);
    this.executor = CrossChainExecutor.load(chain.executor().hex(), nowhere, reader, gas);
    this.home = HomeExecutor.load(chain.executor().hex(), nowhere, reader, gas);
    this.destination = DestinationExecutor.load(chain.executor().hex(), nowhere, reader, gas);
    this.gateway = QuorumGateway.load(chain.gateway().hex(), nowhere, reader, gas);
    this.account = AgentVault.load(chain.account().hex(), nowhere, reader, gas);
    this.lens = MandateLens.load(chain.lens().hex(), nowhere, reader, gas);
  }

  /** A call to put into a transaction. */
  public record Call(Address to, Bytes data) {}

  // ------------------------------------------------------------------ to send

  public Call submit(Intent intent, Bytes signature) {
    return call(chain.executor(), home.submit(IntentAbi.toHome(intent), signature.bytes()));
  }

  /** Several intents, each with the signature at its place. */
  public Call submitMany(List<Intent> intents, List<Bytes> signatures) {
    return call(
        chain.executor(),
        home.submitMany(
            intents.stream().map(IntentAbi::toHome).toList(),
            signatures.stream().map(Bytes::bytes).toList()));
  }

  public Call proceed(Intent intent) {
    return call(chain.executor(), home.proceed(IntentAbi.toHome(intent)));
  }

  /**
   * @param approvals approvers ascending
   */
  public Call proceedApproved(Intent intent, List<StoredApproval> approvals) {
    return call(
        chain.executor(),
        home.proceedApproved(
            IntentAbi.toHome(intent),
            new HomeExecutor.Approvals(
                approvals.stream().map(a -> a.approver().hex()).toList(),
                approvals.stream().map(a -> a.signature().bytes()).toList(),
                approvals.stream().map(a -> BigInteger.valueOf(a.deadline())).toList())));
  }

  public Call execute(Intent intent) {
    return call(chain.executor(), destination.execute(IntentAbi.toDestination(intent)));
  }

  public Call expire(Intent intent) {
    return call(chain.executor(), executor.expire(IntentAbi.toContract(intent)));
  }

  public Call resolve(Intent intent) {
    return call(chain.executor(), destination.resolve(IntentAbi.toDestination(intent)));
  }

  /**
   * @param proof from the message's id to the root that was signed
   * @param signatures compact, one after the other, signers ascending
   */
  public Call deliver(Message message, List<Hash> proof, Bytes signatures) {
    return call(
        chain.gateway(),
        gateway.deliver(
            MessageAbi.toGateway(message), MessageAbi.toContract(proof), signatures.bytes()));
  }

  /**
   * Several messages of one root.
   *
   * @param messages in the order of the proof's ids
   */
  public Call deliverMany(List<Message> messages, MessageTree.Multiproof proof, Bytes signatures) {
    return call(
        chain.gateway(),
        gateway.deliverMany(
            messages.stream().map(MessageAbi::toGateway).toList(),
            MessageAbi.toContract(proof.proof()),
            proof.flags(),
            signatures.bytes()));
  }

  public Call executeMany(List<Intent> intents) {
    return call(
        chain.executor(),
        destination.executeMany(intents.stream().map(IntentAbi::toDestination).toList()));
  }

  /** Shows every relayer's signature under the message that brought a queued intent. */
  public Call hasten(Message message, List<Hash> proof, Bytes signatures) {
    return call(
        chain.executor(),
        destination.hasten(
            MessageAbi.toDestination(message), MessageAbi.toContract(proof), signatures.bytes()));
  }

  /** Tells home what became of intents here. */
  public Call report(List<Hash> intentIds) {
    return call(chain.executor(), destination.report(MessageAbi.toContract(intentIds)));
  }

  public Call settle(List<Intent> intents) {
    return call(chain.executor(), home.settle(intents.stream().map(IntentAbi::toHome).toList()));
  }

  public Call settleOne(Intent intent) {
    return call(chain.executor(), home.settleOne(IntentAbi.toHome(intent)));
  }

  public Call resend(Intent intent) {
    return call(chain.executor(), home.resend(IntentAbi.toHome(intent)));
  }

  public Call publish(BigInteger agentId, long from, long to, Hash root, Hash manifestDigest) {
    return call(
        chain.account(),
        account.publish(
            agentId,
            BigInteger.valueOf(from),
            BigInteger.valueOf(to),
            root.bytes(),
            manifestDigest.bytes()));
  }

  // ------------------------------------------------------------------ to read

  /** An agent as the registry has it; no wallet: unknown, or its key was cleared. */
  public record Agent(Optional<Address> wallet, int status, int riskLevel) {}

  public Agent agent(BigInteger agentId) {
    return read(
        chain.registry(),
        registry.agent(agentId),
        answer ->
            new Agent(
                Optional.of(address(answer.get(0))).filter(w -> !w.equals(Address.ZERO)),
                number(answer.get(1)),
                number(answer.get(2))));
  }

  /** Fails with {@link org.mandate.chain.CallRevertedException} when there is no such agent. */
  public Address ownerOf(BigInteger agentId) {
    return read(chain.registry(), registry.ownerOf(agentId), answer -> address(answer.getFirst()));
  }

  public boolean frozen(BigInteger agentId) {
    return isTrue(chain.account(), account.frozen(agentId));
  }

  /** Fails with {@link org.mandate.chain.CallRevertedException} when the account is another. */
  public Verdict preview(Intent intent) {
    return read(
        chain.executor(),
        home.preview(IntentAbi.toHome(intent)),
        answer -> verdict((HomeExecutor.Verdict) (Object) answer.getFirst()));
  }

  public MandateLens.Headroom headroom(BigInteger agentId, Address asset) {
    return read(
        chain.lens(),
        lens.headroom(agentId, asset.hex()),
        answer -> (MandateLens.Headroom) (Object) answer.getFirst());
  }

  /** Whether each one's nonce is used, as one node says, in one request. */
  public List<Boolean> noncesUsed(List<Intent> intents) {
    List<RemoteFunctionCall<Boolean>> calls =
        intents.stream().map(i -> home.nonceUsed(i.agentId(), i.nonce())).toList();
    List<ContractCall> asked =
        calls.stream().map(c -> new ContractCall(chain.executor(), data(c))).toList();
    return chain
        .client()
        .read(
            node -> node.calls(asked),
            answers ->
                IntStream.range(0, calls.size())
                    .mapToObj(i -> flag(calls.get(i), answers.get(i)))
                    .toList());
  }

  private boolean flag(RemoteFunctionCall<Boolean> call, CallOutcome answer) {
    return switch (answer) {
      case CallOutcome.Returned returned ->
          (Boolean) decoded(chain.executor(), call, returned.data().bytes()).getFirst().getValue();
      case CallOutcome.Reverted reverted ->
          throw new IllegalArgumentException("it reverts, which it never does", reverted.why());
    };
  }

  /** By which intent a nonce was used. */
  public enum NonceUse {
    NONE,
    ITSELF,
    ANOTHER
  }

  /**
   * Whether that intent's nonce is used, and whether that intent used it, whatever became of it, as
   * more than half of the nodes say: each of its own newest block, both at once.
   *
   * @throws NodeException when fewer agree
   */
  public NonceUse nonceUse(Hash intentId, Intent intent) {
    var used = home.nonceUsed(intent.agentId(), intent.nonce());
    var progress = executor.progress(intentId.bytes());
    return chain
        .client()
        .callsOfMost(
            List.of(
                new ContractCall(chain.executor(), data(used)),
                new ContractCall(chain.executor(), data(progress))),
            answers -> {
              if (!flag(used, answers.get(FIRST))) return NonceUse.NONE;
              int state =
                  number(
                      decoded(chain.executor(), progress, answers.get(SECOND).bytes()).getFirst());
              return state == 0 ? NonceUse.ANOTHER : NonceUse.ITSELF;
            });
  }

  /** When a queued intent becomes executable now: the dispute window may have been lengthened. */
  public long due(Hash intentId) {
    return read(
        chain.executor(), executor.progress(intentId.bytes()), answer -> seconds(answer.get(2)));
  }

  /**
   * Which elements of a batch would go well, if {@code from} sent it now with that gas; empty when
   * the batch as a whole would revert, or no answer can be read: then each has to be tried alone.
   * Each node tries it on its own newest block: one that makes up its head only spoils its own.
   *
   * @param answer {@link #FIRST}: the call answers so for each; {@link #SECOND}: beside their ids
   */
  Optional<List<Boolean>> tried(Address from, Call batch, long gas, int answer) {
    byte[] data = batch.data().bytes();
    try {
      return Optional.of(
          chain
              .client()
              .read(
                  node -> node.call(from, batch.to(), data, gas, node.head().hash()),
                  told -> flags(told, answer)));
    } catch (CallRevertedException e) {
      return Optional.empty();
    } catch (NodeException e) {
      if (e.fault() != NodeException.Fault.NONSENSE) throw e;
      return Optional.empty();
    }
  }

  private static List<Boolean> flags(byte[] told, int answer) {
    List<Object> values =
        answer == FIRST
            ? Abi.decode(told, new TypeReference<DynamicArray<Bool>>() {})
            : Abi.decode(
                told,
                new TypeReference<DynamicArray<Bytes32>>() {},
                new TypeReference<DynamicArray<Bool>>() {});
    return ((List<?>) values.get(answer))
        .stream().map(f -> f instanceof Bool b ? b.getValue() : (Boolean) f).toList();
  }

  /**
   * What this chain sent under that number, by that block, as more than half of its nodes say;
   * zero: nothing.
   *
   * @throws NodeException when fewer agree
   */
  public Hash sent(BigInteger nonce, Hash blockHash) {
    return chain
        .client()
        .callOfMost(chain.gateway(), data(gateway.sent(nonce)).bytes(), blockHash, Hash::of);
  }

  /**
   * Whether that number of a source was delivered here by then, under whatever id, as more than
   * half of the nodes say.
   *
   * @throws NodeException when fewer agree
   */
  public boolean isDelivered(BigInteger sourceChainId, BigInteger nonce, Hash blockHash) {
    RemoteFunctionCall<Boolean> call = gateway.isDelivered(sourceChainId, nonce);
    return chain
        .client()
        .callOfMost(
            chain.gateway(),
            data(call).bytes(),
            blockHash,
            answer -> (Boolean) decoded(chain.gateway(), call, answer).getFirst().getValue());
  }

  /**
   * How a message would be attested with these signatures. Fails with {@link CallRevertedException}
   * when they are no quorum's.
   */
  public WindowTable.Quorum verify(Hash id, List<Hash> proof, Bytes signatures) {
    return read(
        chain.gateway(),
        gateway.verify(id.bytes(), MessageAbi.toContract(proof), signatures.bytes()),
        answer ->
            WindowTable.Quorum.of(
                number(answer.get(0)), number(answer.get(1)), number(answer.get(2))));
  }

  /** Whether the gateway that brought a queued intent was closed since: it does not execute. */
  public boolean isEnded(Intent intent) {
    try {
      return read(
          chain.executor(), destination.ready(IntentAbi.toDestination(intent)), answer -> false);
    } catch (CallRevertedException e) {
      return e.reason().startsWith("ExecutorGatewayClosed(");
    }
  }

  /** Whether messages are taken here from the relayers' gateway. */
  public boolean takesMessages() {
    return read(
        chain.executor(),
        executor.gatewayStatus(chain.gateway().hex()),
        answer -> answer.getFirst().getValue().equals(BigInteger.ONE));
  }

  /** How long payments of an asset wait here. */
  public WindowTable windows(Address asset) {
    return read(chain.executor(), destination.windows(asset.hex()), ContractCalls::table);
  }

  /**
   * How long payments of an asset waited here at the end of that block, as more than half of the
   * nodes say.
   *
   * @throws NodeException when fewer agree
   */
  WindowTable windows(Address asset, Hash blockHash) {
    RemoteFunctionCall<?> call = destination.windows(asset.hex());
    return chain
        .client()
        .callOfMost(
            chain.executor(),
            data(call).bytes(),
            blockHash,
            answer -> table(decoded(chain.executor(), call, answer)));
  }

  private static WindowTable table(List<Type<?>> answer) {
    return new WindowTable(
        ((List<?>) answer.getFirst().getValue())
            .stream()
                .map(DestinationExecutor.Step.class::cast)
                .map(
                    s ->
                        new WindowTable.Step(
                            s.upTo, s.bare.longValueExact(), s.full.longValueExact()))
                .toList());
  }

  /** What waits here waits for that long at least, seconds. */
  public long floor() {
    return read(chain.executor(), destination.floor(), answer -> seconds(answer.getFirst()));
  }

  /** What waits here by no table waits for that long, seconds. */
  public BigInteger disputeWindow() {
    return read(
        chain.executor(),
        executor.disputeWindow(),
        answer -> (BigInteger) answer.getFirst().getValue());
  }

  /** Who may agree to what an agent asks, and how many must; 0: nothing is approved. */
  public record Panel(int threshold, List<Address> approvers) {}

  public Panel panel(BigInteger agentId) {
    Approvers approvers = approvers();
    return read(
        Address.of(approvers.getContractAddress()),
        approvers.approversOf(agentId),
        answer -> new Panel(number(answer.get(0)), addresses(answer.get(1))));
  }

  /** Whether that approver's signature approves the intent now, by itself. */
  public boolean isApproval(BigInteger agentId, StoredApproval approval) {
    Approvers approvers = approvers();
    Address at = Address.of(approvers.getContractAddress());
    Hash digest =
        read(
            at,
            approvers.approvalDigest(
                agentId,
                approval.intentId().bytes(),
                approval.approver().hex(),
                BigInteger.valueOf(approval.deadline())),
            answer -> Hash.of((byte[]) answer.getFirst().getValue()));
    boolean withdrawn =
        isTrue(at, approvers.disapproved(approval.intentId().bytes(), approval.approver().hex()));
    return !withdrawn && isSignedBy(approval.approver(), digest, approval.signature());
  }

  /** A contract speaks by its code (ERC-1271), also when EIP-7702 gave it to a key. */
  private boolean isSignedBy(Address signer, Hash digest, Bytes signature) {
    if (isContract(signer)) return isValidSignature(signer, digest, signature);
    try {
      return Signature.of(signature).recover(digest).filter(signer::equals).isPresent();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private Approvers approvers() {
    Address address =
        read(chain.executor(), home.APPROVERS(), answer -> address(answer.getFirst()));
    return Approvers.load(address.hex(), nowhere, reader, gas);
  }

  /** An agent's audit chain. */
  public record AuditChain(Bytes head, long count, long published) {}

  public AuditChain auditChain(BigInteger agentId) {
    return read(
        chain.account(),
        account.chain(agentId),
        answer ->
            new AuditChain(
                Bytes.of((byte[]) answer.get(0).getValue()),
                ((BigInteger) answer.get(1).getValue()).longValueExact(),
                ((BigInteger) answer.get(2).getValue()).longValueExact()));
  }

  /** Who may attest here, and how many must. */
  public record Quorum(List<Address> relayers, int threshold) {}

  public Quorum quorum() {
    return read(chain.gateway(), gateway.quorum(), ContractCalls::quorum);
  }

  /** The relayers before these, as long as what they attest still counts. */
  public Optional<Quorum> previousQuorum() {
    return Optional.of(read(chain.gateway(), gateway.previousQuorum(), ContractCalls::quorum))
        .filter(q -> !q.relayers().isEmpty());
  }

  private static Quorum quorum(List<Type<?>> answer) {
    return new Quorum(addresses(answer.get(0)), number(answer.get(1)));
  }

  /** Whether code stands at that address. */
  public boolean isContract(Address address) {
    Bytes code = isOfMost ? chain.client().codeOfMost(address) : chain.client().code(address);
    return !code.isEmpty();
  }

  /** Whether a contract wallet takes the signature (ERC-1271): one that reverts does not. */
  public boolean isValidSignature(Address wallet, Hash digest, Bytes signature) {
    String data =
        FunctionEncoder.encode(
            new Function(
                "isValidSignature",
                List.of(
                    new org.web3j.abi.datatypes.generated.Bytes32(digest.bytes()),
                    new org.web3j.abi.datatypes.DynamicBytes(signature.bytes())),
                List.of()));
    try {
      // Anybody's contract may answer anything: that is nothing against the node.
      return call(
          wallet,
          Bytes.of(data).bytes(),
          answer -> Bytes.of(answer).hex().equals(ERC1271_MAGIC.hex() + "0".repeat(56)));
    } catch (CallRevertedException e) {
      return false;
    }
  }

  /** A verdict from the contracts' numbers. */
  public static Verdict verdict(HomeExecutor.Verdict v) {
    return verdict(
        new IntentEvent.Refusal(
            v.rule.intValueExact(),
            v.tripped,
            v.tier.intValueExact(),
            v.eta.longValueExact(),
            v.limit,
            v.left,
            v.availableAt.longValueExact(),
            Address.of(v.source)));
  }

  /** As {@link #verdict(HomeExecutor.Verdict)}, from an event. */
  public static Verdict verdict(IntentEvent.Refusal v) {
    return new Verdict(
        known(Rule.values(), v.rule()),
        v.tripped(),
        known(Tier.values(), v.tier()),
        v.eta(),
        v.limit(),
        v.left(),
        v.availableAt(),
        v.source());
  }

  /** The verdict in {@code ExecutorRefused}; empty when a call reverted with something else. */
  static Optional<Verdict> refused(Bytes revert) {
    byte[] data = revert.bytes();
    String selector = CustomErrorEncoder.encode(HomeExecutor.EXECUTORREFUSED_ERROR);
    if (data.length < 4 || !revert.hex().startsWith(selector.substring(0, 10))) {
      return Optional.empty();
    }
    try {
      List<Object> values =
          Abi.decode(
              Arrays.copyOfRange(data, 4, data.length),
              new TypeReference<Bytes32>() {},
              new TypeReference<HomeExecutor.Verdict>() {});
      return Optional.of(verdict((HomeExecutor.Verdict) values.get(1)));
    } catch (IllegalArgumentException | ArithmeticException e) {
      return Optional.empty(); // a node that makes things up
    }
  }

  private static <T> T known(T[] values, int number) {
    if (number < 0 || number >= values.length) {
      throw new IllegalArgumentException(
          "the contracts know number %d beside %s, this program does not"
              .formatted(number, List.of(values)));
    }
    return values[number];
  }

  private static Call call(Address to, RemoteFunctionCall<?> call) {
    return new Call(to, Bytes.of(call.encodeFunctionCall()));
  }

  private static Bytes data(RemoteFunctionCall<?> call) {
    return Bytes.of(call.encodeFunctionCall());
  }

  /**
   * @param reader may throw what it likes at what makes no sense
   */
  private <T> T read(
      Address from,
      RemoteFunctionCall<?> call,
      java.util.function.Function<List<Type<?>>, T> reader) {
    return call(from, data(call).bytes(), answer -> reader.apply(decoded(from, call, answer)));
  }

  private boolean isTrue(Address from, RemoteFunctionCall<?> call) {
    return read(from, call, answer -> (Boolean) answer.getFirst().getValue());
  }

  private <T> T call(Address to, byte[] data, java.util.function.Function<byte[], T> reader) {
    return isOfMost
        ? chain.client().callOfMost(to, data, reader)
        : chain.client().read(node -> node.call(to, data), reader);
  }

  @SuppressWarnings("unchecked")
  private List<Type<?>> decoded(Address from, RemoteFunctionCall<?> call, byte[] answer) {
    List<Type<?>> decoded =
        (List<Type<?>>) (List<?>) call.decodeFunctionResponse(Numeric.toHexString(answer));
    if (decoded.isEmpty()) {
      throw new NodeException("chain " + chain.id() + ": no contract answers at " + from);
    }
    return decoded;
  }

  private static List<Address> addresses(Type<?> list) {
    return ((List<?>) list.getValue())
        .stream().map(a -> Address.of(((org.web3j.abi.datatypes.Address) a).getValue())).toList();
  }

  private static Address address(Type<?> value) {
    return Address.of(value.getValue().toString());
  }

  private static long seconds(Type<?> value) {
    return ((BigInteger) value.getValue()).longValueExact();
  }

  private static int number(Type<?> value) {
    return ((BigInteger) value.getValue()).intValueExact();
  }

  /** Wrappers want a node; these only encode and decode. */
  private static final class Nowhere implements Web3jService {
    private static final String WHY = "wrappers only encode here";

    @Override
    @SuppressWarnings("rawtypes")
    public <T extends Response> T send(Request request, Class<T> type) throws IOException {
      throw new IOException(WHY);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public <T extends Response> CompletableFuture<T> sendAsync(Request request, Class<T> type) {
      return CompletableFuture.failedFuture(new IOException(WHY));
    }

    @Override
    public BatchResponse sendBatch(BatchRequest request) throws IOException {
      throw new IOException(WHY);
    }

    @Override
    public CompletableFuture<BatchResponse> sendBatchAsync(BatchRequest request) {
      return CompletableFuture.failedFuture(new IOException(WHY));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public <T extends Notification<?>> io.reactivex.Flowable<T> subscribe(
        Request request, String unsubscribeMethod, Class<T> type) {
      return io.reactivex.Flowable.error(new IOException(WHY));
    }

    @Override
    public void close() {}
  }
}
