package org.mandate.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.IntentState;
import org.mandate.intent.Intents;
import org.mandate.testing.Tools;

/** The logs are made by Foundry's encoder from the events as the Solidity sources declare them. */
class ContractEventsTest {
  private static final String INTENT =
      "(uint256,address,uint256,address,address,uint256,bytes,uint256,uint64)";
  private static final String VERDICT = "(uint8,bool,uint8,uint64,uint256,uint256,uint64,address)";
  private static final Hash ID = Hash.keccak("id");
  private static final Hash MESSAGE = Hash.keccak("message");
  private static final Address BY = Address.of("0x" + "b7".repeat(20));
  private static final Address OTHER = Address.of("0x" + "e7".repeat(20));
  private static final BigInteger AGENT = BigInteger.valueOf(5);
  private static final BigInteger BIG = BigInteger.TWO.pow(256).subtract(BigInteger.ONE);

  /** A hostile one: whoever forges a message chooses every field. */
  private static final Intent FORGED =
      new Intent(
          BIG,
          BY,
          BIG,
          Address.ZERO,
          BY,
          BIG,
          Bytes.of("0x" + "d0".repeat(33)),
          BIG,
          BigInteger.TWO.pow(64).subtract(BigInteger.ONE));

  private static final IntentEvent.Refusal REFUSAL =
      new IntentEvent.Refusal(10, true, 2, 9, BIG, BigInteger.valueOf(3), 1_800_000_002, OTHER);

  @Test
  void shouldReadEveryEventOfTheExecutor() {
    for (Intent intent : List.of(Intents.payment(), FORGED)) {
      Log admitted =
          log("IntentAdmitted", "," + INTENT + ",uint8,uint64", tuple(intent), "2", "1800000001");
      reads(new IntentEvent.Admitted(admitted, ID, AGENT, intent, 2, 1_800_000_001));
      Log denied =
          log(
              "IntentDenied",
              "," + INTENT + "," + VERDICT,
              tuple(intent),
              "(10,true,2,9," + BIG + ",3,1800000002," + OTHER.hex() + ")");
      reads(new IntentEvent.Denied(denied, ID, AGENT, intent, REFUSAL));
      Log dispatched =
          log("IntentDispatched", "," + INTENT + ",bytes32", tuple(intent), MESSAGE.hex());
      reads(new IntentEvent.Dispatched(dispatched, ID, AGENT, intent, MESSAGE));
      Log queued =
          log(
              "IntentQueued",
              "," + INTENT + ",bytes32,uint64",
              tuple(intent),
              MESSAGE.hex(),
              "1800000003");
      reads(new IntentEvent.Queued(queued, ID, AGENT, intent, MESSAGE, 1_800_000_003));
      Log executed =
          log("IntentExecuted", "," + INTENT + ",uint256", tuple(intent), BIG.toString());
      reads(new IntentEvent.Executed(executed, ID, AGENT, intent, BIG));
      Log cancelled = log("IntentCancelled", "," + INTENT + ",address", tuple(intent), BY.hex());
      reads(new IntentEvent.Cancelled(cancelled, ID, AGENT, intent, BY));
    }
    reads(
        new IntentEvent.Disputed(
            log("IntentDisputed", ",address,uint64", BY.hex(), "7"), ID, AGENT, BY, 7));
    reads(
        new IntentEvent.Upheld(
            log("IntentUpheld", ",address,uint64", BY.hex(), "8"), ID, AGENT, BY, 8));
    reads(new IntentEvent.Expired(log("IntentExpired", ""), ID, AGENT));
    reads(new IntentEvent.Failed(log("IntentGivenUp", ""), ID, AGENT));
    reads(
        new IntentEvent.Settled(
            log("IntentSettled", ",uint8,uint256,uint256", "6", BIG.toString(), "4"),
            ID,
            AGENT,
            IntentState.EXECUTED,
            BIG,
            BigInteger.valueOf(4)));
  }

  @Test
  void shouldReadWhatExtendsNoAuditChainApart() {
    notes(
        new IntentNotice.Resent(
            log("IntentResent", ",bytes32", MESSAGE.hex()), ID, AGENT, MESSAGE));
    notes(
        new IntentNotice.Refused(
            encode("IntentRefused(uint256 indexed,bytes)", "3", "0x0badc0de"),
            BigInteger.valueOf(3),
            Bytes.of("0x0badc0de")));
    notes(
        new IntentNotice.ResultReceived(
            encode(
                "ResultReceived(bytes32 indexed,uint8,uint256,uint64)",
                ID.hex(),
                "9",
                BIG.toString(),
                "1800000004"),
            ID,
            IntentState.FAILED,
            BIG,
            1_800_000_004));
    notes(
        new IntentNotice.ResultDropped(
            encode("ResultDropped(bytes32 indexed,address indexed)", ID.hex(), BY.hex()), ID, BY));
    notes(
        new IntentNotice.Reported(
            encode(
                "ResultsReported(bytes32 indexed,bytes32[])",
                MESSAGE.hex(),
                "[" + ID.hex() + "," + MESSAGE.hex() + "]"),
            MESSAGE,
            List.of(ID, MESSAGE)));
    notes(
        new IntentNotice.Failed(
            log("IntentFailed", ",bytes", "0x" + "ab".repeat(40)),
            ID,
            AGENT,
            Bytes.of("0x" + "ab".repeat(40))));
    notes(
        new IntentNotice.Hastened(
            log("IntentHastened", ",uint256,uint64", "3", "1800000005"),
            ID,
            AGENT,
            BigInteger.valueOf(3),
            1_800_000_005));
    notes(
        new IntentNotice.Confirmed(
            log("IntentConfirmed", ",address,uint256", BY.hex(), BIG.toString()),
            ID,
            AGENT,
            BY,
            BIG));
    notes(
        new IntentNotice.Refuted(
            log("IntentRefuted", ",bytes32,address,uint256", MESSAGE.hex(), BY.hex(), "7"),
            ID,
            AGENT,
            MESSAGE,
            BY,
            BigInteger.valueOf(7)));
    Log noState =
        encode("ResultReceived(bytes32 indexed,uint8,uint256,uint64)", ID.hex(), "11", "0", "0");
    assertThrows(IllegalArgumentException.class, () -> ContractEvents.notice(noState));
  }

  private static void notes(IntentNotice notice) {
    assertEquals(Optional.of(notice), ContractEvents.notice(notice.log()));
    assertEquals(Optional.empty(), ContractEvents.executor(notice.log()));
  }

  @Test
  void shouldReadEveryEventOfTheAuditLog() {
    Bytes head = Bytes.of("0x" + "4e".repeat(26));
    Log appended =
        encode(
            "Appended(uint256 indexed,bytes32 indexed,uint256,uint8,bytes32,bytes26)",
            "5",
            ID.hex(),
            "12",
            "5",
            MESSAGE.hex(),
            head.hex());
    assertEquals(
        Optional.of(
            new AuditEvent.Appended(appended, AGENT, ID, BigInteger.valueOf(12), 5, MESSAGE, head)),
        ContractEvents.auditLog(appended));
    Log published =
        encode(
            "Published(uint256 indexed,uint256,uint256,bytes32,bytes32,address indexed)",
            "5",
            "3",
            "9",
            ID.hex(),
            MESSAGE.hex(),
            BY.hex());
    assertEquals(
        Optional.of(
            new AuditEvent.Published(
                published, AGENT, BigInteger.valueOf(3), BigInteger.valueOf(9), ID, MESSAGE, BY)),
        ContractEvents.auditLog(published));
  }

  @Test
  void L6_shouldReadADirectPaymentAsTheIntentThatSaysTheSame() {
    BigInteger chainId = BigInteger.valueOf(31337);
    IntentDomain domain = new IntentDomain(chainId, OTHER);
    Intent intent =
        new Intent(
            AGENT,
            BY, // who says it
            chainId,
            Address.ZERO,
            OTHER,
            BIG,
            Bytes.EMPTY,
            BigInteger.valueOf(12),
            BigInteger.ZERO);
    Log paid =
        encode(
            "Paid(uint256 indexed,address,address,uint256,uint256)",
            "5",
            Address.ZERO.hex(),
            OTHER.hex(),
            BIG.toString(),
            "12");
    assertEquals(
        Optional.of(
            new IntentEvent.Paid(paid, intent.id(domain), AGENT, intent, BigInteger.valueOf(12))),
        ContractEvents.payment(paid, domain, chainId));
    Log refused =
        encode(
            "Refused(uint256 indexed,address,address,uint256,uint256," + VERDICT + ")",
            "5",
            Address.ZERO.hex(),
            OTHER.hex(),
            BIG.toString(),
            "12",
            "(10,true,2,9," + BIG + ",3,1800000002," + OTHER.hex() + ")");
    assertEquals(
        Optional.of(
            new IntentEvent.Refused(
                refused, intent.id(domain), AGENT, intent, BigInteger.valueOf(12), REFUSAL)),
        ContractEvents.payment(refused, domain, chainId));
    assertEquals(Optional.empty(), ContractEvents.executor(paid));
    assertEquals(Optional.empty(), ContractEvents.auditLog(refused));
  }

  @Test
  void shouldReadEveryEventOfTheGateway() {
    Log assigned = encode("NonceAssigned(bytes32 indexed,uint256)", ID.hex(), "4");
    assertEquals(
        Optional.of(new GatewayEvent.NonceAssigned(assigned, ID, BigInteger.valueOf(4))),
        ContractEvents.gateway(assigned));
    String sent = "MessageSent(bytes32 indexed,bytes,bytes,bytes,uint256,bytes[])";
    Log message = encode(sent, ID.hex(), "0x01", "0x0203", "0x" + "44".repeat(70), "0", "[]");
    assertEquals(
        Optional.of(
            new GatewayEvent.MessageSent(
                message,
                ID,
                Bytes.of("0x01"),
                Bytes.of("0x0203"),
                Bytes.of("0x" + "44".repeat(70)))),
        ContractEvents.gateway(message));
    Log attributed = encode(sent, ID.hex(), "0x01", "0x02", "0x03", "0", "[0xaabb]");
    assertThrows(IllegalArgumentException.class, () -> ContractEvents.gateway(attributed));
    Log delivered = encode("MessageDelivered(bytes32 indexed)", ID.hex());
    assertEquals(
        Optional.of(new GatewayEvent.MessageDelivered(delivered, ID)),
        ContractEvents.gateway(delivered));
    Log refused = encode("MessageRefused(bytes32 indexed,bytes)", ID.hex(), "0x0102");
    assertEquals(
        Optional.of(new GatewayEvent.MessageRefused(refused, ID, Bytes.of("0x0102"))),
        ContractEvents.gateway(refused));
  }

  @Test
  void shouldReadEveryEventOfTheBonds() {
    bond(
        new BondEvent.Bonded(
            encode(
                "Bonded(address indexed,address indexed,uint256,uint256)",
                BY.hex(),
                OTHER.hex(),
                "5",
                BIG.toString()),
            BY,
            OTHER,
            BigInteger.valueOf(5),
            BIG));
    bond(
        new BondEvent.Unbonding(
            encode(
                "Unbonding(address indexed,uint256,uint256,uint64)",
                BY.hex(),
                "5",
                "6",
                "1800000006"),
            BY,
            BigInteger.valueOf(5),
            BigInteger.valueOf(6),
            1_800_000_006));
    bond(
        new BondEvent.Withdrawn(
            encode(
                "Withdrawn(address indexed,address indexed,uint256)", BY.hex(), OTHER.hex(), "5"),
            BY,
            OTHER,
            BigInteger.valueOf(5)));
    bond(
        new BondEvent.Slashed(
            encode(
                "Slashed(address indexed,bytes32 indexed,address indexed,uint256,uint256)",
                BY.hex(),
                MESSAGE.hex(),
                OTHER.hex(),
                "5",
                "6"),
            BY,
            MESSAGE,
            OTHER,
            BigInteger.valueOf(5),
            BigInteger.valueOf(6)));
  }

  private static void bond(BondEvent event) {
    assertEquals(Optional.of(event), ContractEvents.bonds(event.log()));
  }

  @Test
  void shouldReadNothingWhenTheEventIsAnother() {
    Log other = encode("DisputeWindowSet(uint64,address indexed)", "5", BY.hex());
    assertEquals(Optional.empty(), ContractEvents.executor(other));
    Log anonymous = new Log(ID, 1, ID, 0, BY, List.of(), "0x");
    assertEquals(Optional.empty(), ContractEvents.executor(anonymous));
  }

  @Test
  void shouldRefuseWhenTheDataIsCutOff() {
    Log whole =
        log("IntentQueued", "," + INTENT + ",bytes32,uint64", tuple(FORGED), MESSAGE.hex(), "3");
    for (String data :
        List.of(
            "0x",
            whole.data().substring(0, 66),
            whole.data().substring(0, whole.data().length() - 128))) {
      Log cut = new Log(ID, 1, ID, 0, BY, whole.topics(), data);
      assertThrows(IllegalArgumentException.class, () -> ContractEvents.executor(cut));
    }
    Log fewTopics = new Log(ID, 1, ID, 0, BY, whole.topics().subList(0, 1), whole.data());
    assertThrows(IllegalArgumentException.class, () -> ContractEvents.executor(fewTopics));
  }

  private static void reads(IntentEvent event) {
    assertEquals(Optional.of(event), ContractEvents.executor(event.log()));
  }

  /** An executor's event: intent id and agent id, then the rest. */
  private static Log log(String name, String rest, String... values) {
    List<String> all = new ArrayList<>(List.of(ID.hex(), AGENT.toString()));
    all.addAll(List.of(values));
    return encode(
        name + "(bytes32 indexed,uint256 indexed" + rest + ")", all.toArray(String[]::new));
  }

  /** The indexed values here are all one word each, and stand first or last. */
  private static Log encode(String event, String... values) {
    String name = event.substring(0, event.indexOf('('));
    List<String> types = parameters(event.substring(event.indexOf('(') + 1, event.length() - 1));
    List<Hash> topics = new ArrayList<>();
    topics.add(
        Hash.of(
            Tools.cast("keccak", name + "(" + String.join(",", types).replace(" indexed", "") + ")")
                .getFirst()));
    List<String> data = new ArrayList<>(List.of("abi-encode"));
    data.add(
        "f("
            + String.join(",", types.stream().filter(t -> !t.endsWith(" indexed")).toList())
            + ")");
    for (int i = 0; i < values.length; i++) {
      if (types.get(i).endsWith(" indexed")) {
        String type = types.get(i).replace(" indexed", "");
        topics.add(Hash.of(Tools.cast("abi-encode", "f(" + type + ")", values[i]).getFirst()));
      } else {
        data.add(values[i]);
      }
    }
    String encoded = data.size() == 2 ? "0x" : Tools.cast(data.toArray(String[]::new)).getFirst();
    return new Log(ID, 1, ID, 0, BY, topics, encoded);
  }

  /** Splits at the commas that are in no tuple. */
  private static List<String> parameters(String list) {
    List<String> found = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i <= list.length(); i++) {
      char c = i < list.length() ? list.charAt(i) : ',';
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (c == ',' && depth == 0) {
        found.add(list.substring(start, i));
        start = i + 1;
      }
    }
    return found;
  }

  private static String tuple(Intent i) {
    return "(%s,%s,%s,%s,%s,%s,%s,%s,%s)"
        .formatted(
            i.agentId(),
            i.account(),
            i.chainId(),
            i.asset(),
            i.to(),
            i.amount(),
            i.data(),
            i.nonce(),
            i.deadline());
  }
}
