package org.mandate.relayer.work;

import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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
 * chain's client.
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
  private final AgentRegistry registry;
  private final CrossChainExecutor executor; // what the executors of all chains have in common
  private final HomeExecutor home;
  private final DestinationExecutor destination;
  private final QuorumGateway gateway;
  private final AgentVault account;
  private final MandateLens lens;

  public ContractCalls(FollowedChain chain) {
    this.chain = chain;
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
    List<Type<?>> answer = read(chain.registry(), registry.agent(agentId));
    Address wallet = Address.of(answer.get(0).getValue().toString());
    return new Agent(
        Optional.of(wallet).filter(w -> !w.equals(Address.ZERO)),
        number(answer.get(1)),
        number(answer.get(2)));
  }

  /** Fails with {@link org.mandate.chain.CallRevertedException} when there is no such agent. */
  public Address ownerOf(BigInteger agentId) {
    return Address.of(
        read(chain.registry(), registry.ownerOf(agentId)).getFirst().getValue().toString());
  }

  public boolean frozen(BigInteger agentId) {
    return (Boolean) read(chain.account(), account.frozen(agentId)).getFirst().getValue();
  }

  /** Fails with {@link org.mandate.chain.CallRevertedException} when the account is another. */
  public Verdict preview(Intent intent) {
    return verdict(
        (HomeExecutor.Verdict)
            (Object) read(chain.executor(), home.preview(IntentAbi.toHome(intent))).getFirst());
  }

  public MandateLens.Headroom headroom(BigInteger agentId, Address asset) {
    return (MandateLens.Headroom)
        (Object) read(chain.lens(), lens.headroom(agentId, asset.hex())).getFirst();
  }

  public boolean nonceUsed(BigInteger agentId, BigInteger nonce) {
    return (Boolean) read(chain.executor(), home.nonceUsed(agentId, nonce)).getFirst().getValue();
  }

  /** As {@link #nonceUsed}, of each of them, in one request. */
  public List<Boolean> noncesUsed(List<Intent> intents) {
    List<RemoteFunctionCall<Boolean>> calls =
        intents.stream().map(i -> home.nonceUsed(i.agentId(), i.nonce())).toList();
    List<CallOutcome> answers =
        chain
            .client()
            .calls(calls.stream().map(c -> new ContractCall(chain.executor(), data(c))).toList());
    List<Boolean> used = new ArrayList<>();
    for (int i = 0; i < calls.size(); i++) {
      used.add(
          (Boolean)
              decoded(chain.executor(), calls.get(i), answers.get(i).bytes())
                  .getFirst()
                  .getValue());
    }
    return used;
  }

  /** When a queued intent becomes executable now: the dispute window may have been lengthened. */
  public long due(Hash intentId) {
    return ((BigInteger)
            read(chain.executor(), executor.progress(intentId.bytes())).get(2).getValue())
        .longValueExact();
  }

  /**
   * Which elements of a batch would go well, if {@code from} sent it now with that gas; empty when
   * the batch as a whole would revert.
   *
   * @param answer {@link #FIRST}: the call answers so for each; {@link #SECOND}: beside their ids
   */
  Optional<List<Boolean>> tried(Address from, Call batch, long gas, int answer) {
    try {
      byte[] told =
          chain
              .client()
              .call(from, batch.to(), batch.data().bytes(), gas, chain.client().head().hash());
      List<Object> values =
          answer == FIRST
              ? Abi.decode(told, new TypeReference<DynamicArray<Bool>>() {})
              : Abi.decode(
                  told,
                  new TypeReference<DynamicArray<Bytes32>>() {},
                  new TypeReference<DynamicArray<Bool>>() {});
      List<?> flags = (List<?>) values.get(answer);
      return Optional.of(
          flags.stream().map(f -> f instanceof Bool b ? b.getValue() : (Boolean) f).toList());
    } catch (CallRevertedException e) {
      return Optional.empty();
    } catch (IllegalArgumentException | ClassCastException e) {
      throw new NodeException("chain " + chain.id() + ": a node answers nonsense to a batch", e);
    }
  }

  /**
   * What this chain sent under that number, by that block, as more than half of its nodes say;
   * zero: nothing.
   *
   * @throws NodeException when fewer agree
   */
  public Hash sent(BigInteger nonce, Hash blockHash) {
    byte[] call = Bytes.of(gateway.sent(nonce).encodeFunctionCall()).bytes();
    return Hash.of(chain.client().callOfMost(chain.gateway(), call, blockHash));
  }

  /** Whether that number of a source was delivered here by then, under whatever id. */
  public boolean isDelivered(BigInteger sourceChainId, BigInteger nonce, Hash blockHash) {
    RemoteFunctionCall<Boolean> call = gateway.isDelivered(sourceChainId, nonce);
    byte[] answer =
        chain
            .client()
            .call(chain.gateway(), Bytes.of(call.encodeFunctionCall()).bytes(), blockHash);
    return !new BigInteger(1, answer).equals(BigInteger.ZERO);
  }

  /**
   * How a message would be attested with these signatures. Fails with {@link CallRevertedException}
   * when they are no quorum's.
   */
  public WindowTable.Quorum verify(Hash id, List<Hash> proof, Bytes signatures) {
    List<Type<?>> answer =
        read(
            chain.gateway(),
            gateway.verify(id.bytes(), MessageAbi.toContract(proof), signatures.bytes()));
    return WindowTable.Quorum.of(
        number(answer.get(0)), number(answer.get(1)), number(answer.get(2)));
  }

  /** Whether the gateway that brought a queued intent was closed since: it does not execute. */
  public boolean isEnded(Intent intent) {
    try {
      read(chain.executor(), destination.ready(IntentAbi.toDestination(intent)));
      return false;
    } catch (CallRevertedException e) {
      return e.reason().startsWith("ExecutorGatewayClosed(");
    }
  }

  /** Whether messages are taken here from the relayers' gateway. */
  public boolean takesMessages() {
    return ((BigInteger)
            read(chain.executor(), executor.gatewayStatus(chain.gateway().hex()))
                .getFirst()
                .getValue())
        .equals(BigInteger.ONE);
  }

  /** How long payments of an asset wait here. */
  public WindowTable windows(Address asset) {
    List<?> steps =
        (List<?>) read(chain.executor(), destination.windows(asset.hex())).getFirst().getValue();
    return new WindowTable(
        steps.stream()
            .map(DestinationExecutor.Step.class::cast)
            .map(
                s -> new WindowTable.Step(s.upTo, s.bare.longValueExact(), s.full.longValueExact()))
            .toList());
  }

  /** What waits here waits for that long at least, seconds. */
  public long floor() {
    return ((BigInteger) read(chain.executor(), destination.floor()).getFirst().getValue())
        .longValueExact();
  }

  /** What waits here by no table waits for that long, seconds. */
  public BigInteger disputeWindow() {
    return (BigInteger) read(chain.executor(), executor.disputeWindow()).getFirst().getValue();
  }

  /** Who may agree to what an agent asks, and how many must; 0: nothing is approved. */
  public record Panel(int threshold, List<Address> approvers) {}

  public Panel panel(BigInteger agentId) {
    Approvers approvers = approvers();
    List<Type<?>> answer =
        read(Address.of(approvers.getContractAddress()), approvers.approversOf(agentId));
    return new Panel(number(answer.get(0)), addresses(answer.get(1)));
  }

  /** Whether that approver's signature approves the intent now, by itself. */
  public boolean isApproval(BigInteger agentId, StoredApproval approval) {
    Approvers approvers = approvers();
    Address at = Address.of(approvers.getContractAddress());
    Hash digest =
        Hash.of(
            (byte[])
                read(
                        at,
                        approvers.approvalDigest(
                            agentId,
                            approval.intentId().bytes(),
                            approval.approver().hex(),
                            BigInteger.valueOf(approval.deadline())))
                    .getFirst()
                    .getValue());
    boolean withdrawn =
        (Boolean)
            read(at, approvers.disapproved(approval.intentId().bytes(), approval.approver().hex()))
                .getFirst()
                .getValue();
    return !withdrawn && isSignedBy(approval.approver(), digest, approval.signature());
  }

  /** A contract speaks by its code (ERC-1271), also when EIP-7702 gave it to a key. */
  private boolean isSignedBy(Address signer, Hash digest, Bytes signature) {
    if (!chain.client().code(signer).isEmpty()) {
      try {
        return isValidSignature(signer, digest, signature);
      } catch (CallRevertedException e) {
        return false;
      }
    }
    try {
      return Signature.of(signature).recover(digest).filter(signer::equals).isPresent();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private Approvers approvers() {
    Object address = read(chain.executor(), home.APPROVERS()).getFirst().getValue();
    return Approvers.load(address.toString(), nowhere, reader, gas);
  }

  /** An agent's audit chain. */
  public record AuditChain(Bytes head, long count, long published) {}

  public AuditChain auditChain(BigInteger agentId) {
    List<Type<?>> answer = read(chain.account(), account.chain(agentId));
    return new AuditChain(
        Bytes.of((byte[]) answer.get(0).getValue()),
        ((BigInteger) answer.get(1).getValue()).longValueExact(),
        ((BigInteger) answer.get(2).getValue()).longValueExact());
  }

  /** Who may attest here, and how many must. */
  public record Quorum(List<Address> relayers, int threshold) {}

  public Quorum quorum() {
    List<Type<?>> answer = read(chain.gateway(), gateway.quorum());
    return new Quorum(addresses(answer.get(0)), number(answer.get(1)));
  }

  /** The relayers before these, as long as what they attest still counts. */
  public Optional<Quorum> previousQuorum() {
    List<Type<?>> answer = read(chain.gateway(), gateway.previousQuorum());
    return Optional.of(new Quorum(addresses(answer.get(0)), number(answer.get(1))))
        .filter(q -> !q.relayers().isEmpty());
  }

  /** Whether a contract wallet takes the signature (ERC-1271). */
  public boolean isValidSignature(Address wallet, Hash digest, Bytes signature) {
    String data =
        FunctionEncoder.encode(
            new Function(
                "isValidSignature",
                List.of(
                    new org.web3j.abi.datatypes.generated.Bytes32(digest.bytes()),
                    new org.web3j.abi.datatypes.DynamicBytes(signature.bytes())),
                List.of()));
    byte[] answer = chain.client().call(wallet, Bytes.of(data).bytes());
    return answer.length == 32
        && Bytes.of(answer).hex().equals(ERC1271_MAGIC.hex() + "0".repeat(56));
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

  private List<Type<?>> read(Address from, RemoteFunctionCall<?> call) {
    return decoded(from, call, chain.client().call(from, data(call).bytes()));
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
