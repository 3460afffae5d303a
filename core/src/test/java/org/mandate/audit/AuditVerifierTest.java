package org.mandate.audit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.audit.ChainEvidence.Publication;
import org.mandate.audit.Finding.Subject;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.NodeException;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.AuditLog;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.PolicyEngine;
import org.mandate.deploy.AgentSetup;
import org.mandate.deploy.Call;
import org.mandate.deploy.DeploymentParameters;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.deploy.DevChain;
import org.mandate.deploy.Sender;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.SignedIntent;
import org.mandate.policy.Rule;
import org.mandate.policy.Tier;
import org.mandate.policy.Verdict;
import org.mandate.signer.PrivateKeySigner;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.core.Request;
import org.web3j.protocol.core.Response;
import org.web3j.utils.Numeric;

/**
 * A real chain with a small history of one agent: two payments, a cancellation, a denial that
 * trips, a denial after it.
 */
class AuditVerifierTest {
  private static final BigInteger HOME = BigInteger.valueOf(31337);
  private static final BigInteger ETHER = BigInteger.TEN.pow(18);
  private static final Address PAYEE = Address.of("0x" + "ab".repeat(20));
  private static final PrivateKeySigner AGENT = new PrivateKeySigner(BigInteger.valueOf(0xa1));
  private static final BigInteger DEADLINE =
      BigInteger.valueOf(System.currentTimeMillis() / 1000 + 100_000);
  private static final Credentials AUTHORITY = key(0xb1);
  private static final Credentials RELAYER = key(1);

  private static DevChain chain;
  private static Deployment deployment;
  private static BigInteger agentId;
  private static AuditedChain audited;

  @TempDir Path directory;
  private EmbeddedBlobStore store;

  @BeforeAll
  static void tellTheStory() throws Exception {
    chain = DevChain.start(HOME.longValueExact());
    Sender owner = chain.sender(DevChain.RICH);
    for (Credentials poor : List.of(AUTHORITY, RELAYER)) {
      owner.send(new Call("fund", poor.getAddress(), ETHER, "0x"));
    }
    chain.looksLikeAContract(AUTHORITY.getAddress());
    deployment =
        chain
            .deployer(DevChain.RICH)
            .deploy(
                new DeploymentParameters(
                    HOME.longValueExact(),
                    List.of(),
                    Stream.of(1, 2, 3).map(n -> key(n).getAddress()).toList(),
                    2,
                    List.of(key(11).getAddress()),
                    Duration.ofSeconds(5),
                    Duration.ofHours(1),
                    ExistingAuthority.delayingItself(AUTHORITY.getAddress()),
                    Optional.empty()));
    AgentSetup setup = new AgentSetup(deployment.registry().hex());
    agentId = setup.register(owner, "");
    setup.setWallet(owner, agentId, AGENT);
    owner.send(new Call("fund vault", vault().hex(), ETHER, "0x"));
    owner.send(new Call("fund agent", AGENT.address().hex(), ETHER, "0x"));
    grantMandate();

    IntentDomain domain = new IntentDomain(HOME, deployment.executor());
    submit(pay(100, 1), domain);
    submit(pay(200, 2), domain);
    var executor =
        HomeExecutor.load(
            deployment.executor().hex(), chain.web3j(), owner.reader(), Sender.NO_GAS);
    owner.send(
        Call.of(
            "cancel", deployment.executor().hex(), executor.cancel(IntentAbi.toHome(pay(1, 3)))));
    submit(pay(5_000, 4), domain);
    submit(pay(1, 5), domain);
    audited =
        new AuditedChain(
            new JsonRpcClient(chain.url(), Duration.ofSeconds(30)),
            new Finality.Confirmations(0),
            domain,
            deployment.account(),
            deployment.block());
  }

  @AfterAll
  static void stop() {
    chain.close();
  }

  @BeforeEach
  void openStore() {
    store = new EmbeddedBlobStore(directory, Clock.systemUTC());
  }

  @Test
  void L6_shouldReadEveryActionAndFindTheChainsOwnHead() {
    ChainEvidence evidence = evidence();
    assertEquals(
        List.of(Action.EXECUTED, Action.EXECUTED, Action.CANCELLED, Action.DENIED, Action.DENIED),
        evidence.records().stream().map(AuditRecord::action).toList());
    assertEquals(
        new Detail.Executed(vault(), Address.ZERO, BigInteger.valueOf(100)),
        evidence.records().get(0).detail());
    assertEquals(
        new Detail.Denied(
            new Verdict(
                Rule.PER_TRANSACTION,
                true,
                Tier.INSTANT,
                0,
                BigInteger.valueOf(1000),
                BigInteger.valueOf(1000),
                0,
                Address.ZERO)),
        evidence.records().get(3).detail());
    assertEquals(
        Optional.of(pay(1, 3)),
        evidence.records().get(2).intent(),
        "the intent that nobody ever submitted");

    AuditReport report = new AuditVerifier(List.of(audited), store).verify(agentId);
    assertTrue(report.ok(), report.findings().toString());
    assertEquals(List.of(new Finding.Unpublished(HOME, 0, 5)), report.findings());
    assertEquals(evidence.state(), report.chains().getFirst().chain());
    assertEquals(5, report.records());
  }

  /** Nothing but the account's own event tells of such a payment. */
  @Test
  void L6_shouldFindADirectPaymentThatIsHiddenOrToldOtherwise() throws IOException {
    Object snapshot = rpc("evm_snapshot");
    try {
      payDirectly();
      ChainEvidence e = evidence();
      assertEquals(7, e.records().size());
      assertEquals(5, e.links().size(), "a direct payment is not told twice");
      AuditRecord paid = e.records().get(5);
      AuditRecord refused = e.records().get(6);
      assertEquals(
          new Detail.Executed(vault(), Address.ZERO, BigInteger.valueOf(300)), paid.detail());
      assertEquals(Action.DENIED, refused.action());
      assertTrue(paid.isDirect() && refused.isDirect());
      assertEquals(List.of(), mismatches(e));
      assertTrue(verify(e).ok());
      assertEquals(List.of(), verify(published(e, 0, 6, 7)).findings());
      assertEquals(paid, AuditRecord.parse(paid.toBlob()));
      AuditExport export =
          AuditExport.parse(
              new AuditVerifier(List.of(), store).export(agentId, List.of(e)).toJson());
      assertEquals(List.of(e), export.chains());

      List<AuditRecord> hidden = e.records().subList(0, 6);
      assertFalse(verify(with(e, e.state(), hidden, e.links())).ok(), "the refusal is hidden");
      Intent told = paid.intent().orElseThrow();
      for (Intent lie :
          List.of(
              direct(told, vault(), HOME, 6),
              direct(told, PAYEE, HOME, 5),
              direct(told, vault(), BigInteger.TEN, 5))) {
        List<AuditRecord> records = new ArrayList<>(e.records());
        records.set(
            5,
            new AuditRecord(
                HOME,
                agentId,
                5,
                lie.id(e.domain()),
                Optional.of(lie),
                paid.detail(),
                paid.anchor()));
        assertTrue(
            mismatches(with(e, e.state(), records, e.links())).stream()
                .anyMatch(what -> what.endsWith("of the direct payment in record 5")),
            lie.toString());
      }
    } finally {
      rpc("evm_revert", snapshot);
    }
  }

  private static Intent direct(Intent told, Address account, BigInteger chainId, long index) {
    return new Intent(
        told.agentId(),
        account,
        chainId,
        told.asset(),
        told.to(),
        told.amount(),
        told.data(),
        BigInteger.valueOf(index),
        BigInteger.ZERO);
  }

  /** A payment, and a refusal that trips. */
  private static void payDirectly() {
    Sender authority = chain.sender(AUTHORITY);
    var account = AgentVault.load(vault().hex(), chain.web3j(), authority.reader(), Sender.NO_GAS);
    authority.send(Call.of("thaw", vault().hex(), account.thaw(agentId, BigInteger.ONE)));
    Sender agent = chain.sender(key(0xa1));
    for (long amount : new long[] {300, 5_000}) {
      agent.send(
          Call.of(
              "pay",
              vault().hex(),
              account.pay(Address.ZERO.hex(), BigInteger.valueOf(amount), PAYEE.hex(), agentId)));
    }
  }

  @Test
  void shouldReadBackEveryRecordItWrites() {
    for (AuditRecord record : evidence().records()) {
      assertEquals(record, AuditRecord.parse(record.toBlob()));
    }
  }

  @Test
  void shouldVerifyPublishedBatchesAndNameWhatIsMissingOrAltered() throws IOException {
    ChainEvidence published = published(evidence(), 0, 2, 5);
    AuditReport report = verify(published);
    assertEquals(List.of(), report.findings());
    assertEquals(5, report.chains().getFirst().verifiedBlobs());
    assertEquals(2, report.chains().getFirst().batches());

    Cid altered = Cid.of(published.records().get(1).toBlob());
    Cid removed = Cid.of(published.records().get(3).toBlob());
    Files.writeString(
        store.file(altered),
        Files.readString(store.file(altered)).replace("\"moved\":\"200\"", "\"moved\":\"201\""));
    Files.delete(store.file(removed));
    AuditReport bad = verify(published);
    assertFalse(bad.ok());
    assertEquals(2, bad.findings().size(), bad.findings().toString());
    assertTrue(
        bad.findings().get(0) instanceof Finding.AlteredBlob a
            && a.cid().equals(altered)
            && a.subject().equals(new Subject.OfRecord(1)));
    assertEquals(
        new Finding.MissingBlob(HOME, new Subject.OfRecord(3), removed), bad.findings().get(1));
    assertTrue(bad.findings().get(1).words().equals("the blob of record 3 is missing: " + removed));
  }

  @Test
  void shouldNameAManifestThatIsMissingOrAltered() throws IOException {
    ChainEvidence published = published(evidence(), 0, 2, 5);
    Files.delete(store.file(published.publications().get(0).manifest()));
    Files.writeString(store.file(published.publications().get(1).manifest()), "{}");
    List<Finding> findings = verify(published).findings();
    assertEquals(
        new Finding.MissingBlob(
            HOME, new Subject.OfBatch(0, 2), published.publications().get(0).manifest()),
        findings.get(0));
    assertTrue(
        findings.get(1) instanceof Finding.AlteredBlob a
            && a.subject().equals(new Subject.OfBatch(2, 5)));
  }

  @Test
  void shouldFindAPublishedLieFieldByField() {
    ChainEvidence evidence = evidence();
    AuditRecord truth = evidence.records().get(0);
    Intent intent = truth.intent().orElseThrow();
    Intent other =
        new Intent(
            intent.agentId(),
            intent.account(),
            intent.chainId(),
            intent.asset(),
            Address.ZERO,
            intent.amount(),
            intent.data(),
            intent.nonce(),
            intent.deadline());
    AuditRecord.Anchor anchor = truth.anchor();
    List<AuditRecord> lies =
        List.of(
            with(truth, other, anchor),
            with(
                truth,
                intent,
                new AuditRecord.Anchor(
                    anchor.blockNumber() + 1,
                    anchor.blockHash(),
                    anchor.blockTimestamp(),
                    anchor.transaction(),
                    anchor.logIndex())),
            with(
                truth,
                intent,
                new AuditRecord.Anchor(
                    anchor.blockNumber(),
                    anchor.blockHash(),
                    anchor.blockTimestamp() + 1,
                    anchor.transaction(),
                    anchor.logIndex())),
            with(
                truth,
                intent,
                new AuditRecord.Anchor(
                    anchor.blockNumber(),
                    anchor.blockHash(),
                    anchor.blockTimestamp(),
                    anchor.blockHash(),
                    anchor.logIndex())),
            with(
                truth,
                intent,
                new AuditRecord.Anchor(
                    anchor.blockNumber(),
                    anchor.blockHash(),
                    anchor.blockTimestamp(),
                    anchor.transaction(),
                    anchor.logIndex() + 1)));
    List<String> fields =
        List.of("intent", "block.number", "block.timestamp", "transaction", "logIndex");
    for (int i = 0; i < lies.size(); i++) {
      List<Finding> findings = verify(published(evidence, List.of(lies.get(i)))).findings();
      assertTrue(findings.getFirst() instanceof Finding.FalseBlob, findings.toString());
      assertEquals(fields.get(i), ((Finding.FalseBlob) findings.getFirst()).field());
    }
  }

  @Test
  void shouldFindABatchOfAnotherRecord() {
    ChainEvidence evidence = evidence();
    AuditRecord truth = evidence.records().get(0);
    AuditRecord lie =
        new AuditRecord(
            HOME,
            agentId,
            0,
            truth.intentId(),
            truth.intent(),
            new Detail.Executed(vault(), Address.ZERO, BigInteger.ONE),
            truth.anchor());
    List<Finding> findings = verify(published(evidence, List.of(lie))).findings();
    assertTrue(
        findings.get(0) instanceof Finding.FalseBlob f
            && f.field().equals("recordHash of record 0"),
        findings.toString());
    assertTrue(
        findings.get(1) instanceof Finding.FalseBlob f && f.field().equals("detail"),
        findings.toString());
    assertTrue(findings.get(2) instanceof Finding.WrongRoot, findings.toString());
  }

  @Test
  void shouldFindABlobThatShowsAnotherCancelledIntent() {
    ChainEvidence evidence = evidence();
    List<AuditRecord> records = new ArrayList<>(evidence.records().subList(0, 3));
    records.set(2, with(records.get(2), pay(1, 3), records.get(2).anchor()));
    assertTrue(verify(published(evidence, records)).ok());
    records.set(2, with(records.get(2), pay(1, 77), records.get(2).anchor()));
    List<Finding> findings = verify(published(evidence, records)).findings();
    assertTrue(
        findings.getFirst() instanceof Finding.FalseBlob f && f.field().equals("intent"),
        findings.toString());
  }

  @Test
  void shouldFindARootThatCommitsToSomethingElse() {
    ChainEvidence honest = published(evidence(), 0, 5);
    Publication p = honest.publications().getFirst();
    List<Finding> findings =
        verify(with(honest, List.of(new Publication(p.from(), p.to(), Hash.ZERO, p.manifest()))))
            .findings();
    assertTrue(
        findings.getFirst() instanceof Finding.WrongRoot w && w.onChain().equals(Hash.ZERO),
        findings.toString());
  }

  @Test
  void shouldFindGapsOverlapsAndBatchesBeyondTheChain() {
    ChainEvidence honest = published(evidence(), 0, 2, 4, 5);
    List<Publication> p = honest.publications();
    assertTrue(
        has(verify(with(honest, List.of(p.get(0), p.get(2)))), Finding.WrongRange.class), "gap");
    assertTrue(
        has(
            verify(with(honest, List.of(p.get(0), p.get(1), p.get(1), p.get(2)))),
            Finding.WrongRange.class),
        "overlap");
    Publication last = p.get(2);
    Publication beyond = new Publication(last.from(), 6, last.root(), last.manifest());
    assertTrue(
        has(verify(with(honest, List.of(p.get(0), p.get(1), beyond))), Finding.WrongRange.class),
        "beyond");
    assertTrue(
        has(verify(with(honest, p.subList(0, 2))), Finding.ChainMismatch.class),
        "the contract counted more");
  }

  @Test
  void L6_shouldFindWhatAnExecutorOrALogLeavesOut() {
    ChainEvidence e = evidence();
    ChainEvidence omitted =
        new ChainEvidence(
            e.chainId(),
            e.agentId(),
            e.domain(),
            e.account(),
            e.block(),
            e.links().get(3).chain(),
            e.published(),
            e.records(),
            e.links().subList(0, 4),
            e.publications(),
            e.resends(),
            e.registeredChains(),
            Optional.empty());
    assertTrue(has(verify(omitted), Finding.Omitted.class));
    ChainEvidence invented =
        new ChainEvidence(
            e.chainId(),
            e.agentId(),
            e.domain(),
            e.account(),
            e.block(),
            e.state(),
            e.published(),
            e.records().subList(0, 4),
            e.links(),
            e.publications(),
            e.resends(),
            e.registeredChains(),
            Optional.empty());
    assertTrue(has(verify(invented), Finding.Unexplained.class));
    assertTrue(has(verify(invented), Finding.ChainMismatch.class));
    ChainEvidence both =
        new ChainEvidence(
            e.chainId(),
            e.agentId(),
            e.domain(),
            e.account(),
            e.block(),
            e.state(),
            e.published(),
            e.records().subList(0, 4),
            e.links().subList(0, 4),
            e.publications(),
            e.resends(),
            e.registeredChains(),
            Optional.empty());
    assertTrue(
        has(verify(both), Finding.ChainMismatch.class),
        "hidden from both, seen in the contract's state");
  }

  /** Each lie alone, so that nothing else gives it away. */
  @Test
  void L6_shouldCompareTheWholeChainWithWhatTheLogSays() {
    ChainEvidence e = evidence();
    HashChain otherHead = new HashChain("0x" + "5e".repeat(26), e.state().count());
    assertEquals(
        List.of("the chain's head in the audit chain"),
        mismatches(with(e, otherHead, e.records(), e.links())));
    ChainEvidence.Link last = e.links().getLast();
    for (ChainEvidence.Link lie :
        List.of(
            new ChainEvidence.Link(
                Action.EXPIRED, last.intentId(), last.recordHash(), last.chain()),
            new ChainEvidence.Link(last.action(), Hash.ZERO, last.recordHash(), last.chain()),
            new ChainEvidence.Link(last.action(), last.intentId(), Hash.ZERO, last.chain()),
            new ChainEvidence.Link(last.action(), last.intentId(), last.recordHash(), otherHead))) {
      List<ChainEvidence.Link> links = new ArrayList<>(e.links());
      links.set(links.size() - 1, lie);
      assertEquals(1, mismatches(with(e, e.state(), e.records(), links)).size(), lie.toString());
    }
    AuditRecord first = e.records().getFirst();
    List<AuditRecord> records = new ArrayList<>(e.records());
    records.set(0, with(first, pay(1, 99), first.anchor()));
    assertEquals(
        List.of("the id of intent of record 0 in the audit chain"),
        mismatches(with(e, e.state(), records, e.links())));
  }

  @Test
  void L6_shouldRefuseAManifestOfOtherRecords() {
    ChainEvidence evidence = evidence();
    Batch true1 = Batch.of(evidence.records());
    for (Batch lie :
        List.of(
            new Batch(BigInteger.TEN, true1.agentId(), true1.records()),
            new Batch(true1.chainId(), BigInteger.TEN, true1.records()),
            new Batch(true1.chainId(), true1.agentId(), true1.records().subList(1, 5)),
            new Batch(true1.chainId(), true1.agentId(), true1.records().subList(0, 4)))) {
      Publication publication = new Publication(0, 5, true1.root(), store.put(lie.toBlob()));
      List<Finding> findings = verify(with(evidence, List.of(publication))).findings();
      assertTrue(
          findings.getFirst() instanceof Finding.FalseBlob f
              && f.subject().equals(new Subject.OfBatch(0, 5)),
          lie + ": " + findings);
    }
  }

  @Test
  void shouldReadPublicationsFromTheChain() throws IOException {
    String snapshot = rpc("evm_snapshot").toString();
    try {
      ChainEvidence before = evidence();
      Batch batch = Batch.of(before.records().subList(0, 2));
      before.records().forEach(record -> store.put(record.toBlob()));
      Cid manifest = store.put(batch.toBlob());
      Sender relayer = chain.sender(RELAYER);
      var log =
          AuditLog.load(deployment.account().hex(), chain.web3j(), relayer.reader(), Sender.NO_GAS);
      relayer.send(
          Call.of(
              "publish",
              deployment.account().hex(),
              log.publish(
                  agentId,
                  BigInteger.ZERO,
                  BigInteger.TWO,
                  batch.root().bytes(),
                  manifest.digest().bytes())));
      assertEquals(
          List.of(new Publication(0, 2, batch.root(), manifest)), evidence().publications());
      AuditReport report = new AuditVerifier(List.of(audited), store).verify(agentId);
      assertTrue(report.ok(), report.findings().toString());
      assertEquals(List.of(new Finding.Unpublished(HOME, 2, 5)), report.findings());
      assertEquals(2, report.chains().getFirst().verifiedBlobs());
    } finally {
      rpc("evm_revert", snapshot);
    }
  }

  @Test
  void shouldVerifyAnExportFromNothingElse() {
    ChainEvidence published = published(evidence(), 0, 2, 5);
    AuditVerifier verifier = new AuditVerifier(List.of(audited), store);
    AuditExport export = verifier.export(agentId, List.of(published));
    byte[] document = export.toJson();
    AuditExport read = AuditExport.parse(document);
    assertEquals(List.of(published), read.chains());
    assertArrayEquals(document, read.toJson());
    AuditReport report = AuditVerifier.verifyExport(read);
    assertEquals(List.of(), report.findings());
    assertEquals(verifier.verify(agentId, List.of(published)), report);

    String text = new String(document, StandardCharsets.UTF_8);
    String otherBlob = text.replace("\\\"moved\\\":\\\"200\\\"", "\\\"moved\\\":\\\"201\\\"");
    assertFalse(otherBlob.equals(text));
    assertTrue(has(verifyExport(otherBlob), Finding.AlteredBlob.class));
    String otherHead = text.replaceFirst(published.state().head(), "0x" + "11".repeat(26));
    assertTrue(has(verifyExport(otherHead), Finding.ChainMismatch.class));
    assertThrows(
        MalformedBlobException.class,
        () -> verifyExport(text.replace("\"moved\":\"200\"", "\"moved\":\"201\"")),
        "a record in the evidence");
    assertThrows(
        MalformedBlobException.class,
        () -> verifyExport(text.replace("mandate.export.v5", "mandate.export.v2")));
    assertThrows(MalformedBlobException.class, () -> verifyExport(text + " "));
  }

  @Test
  void L7_shouldWriteClosingsAndReadExportsThatTellNothingOfThem() {
    BigInteger remote = BigInteger.valueOf(31338);
    ChainEvidence home = dispatchedTo(remote);
    ChainEvidence destination = untouched(remote, home.domain());
    Address own = deployment.gateway();
    ChainEvidence told =
        Told.by(
            destination,
            new Gateways(
                own,
                List.of(
                    new Gateways.Change(own, false, 7, 1),
                    new Gateways.Change(deployment.account(), true, 7, 2))));
    AuditVerifier verifier = new AuditVerifier(List.of(), store);
    byte[] document = verifier.export(agentId, List.of(home, told)).toJson();
    assertEquals(List.of(home, told), AuditExport.parse(document).chains());
    String text = new String(document, StandardCharsets.UTF_8);
    String disordered =
        text.replace("\"logIndex\":1,\"open\":false", "\"logIndex\":3,\"open\":false");
    assertFalse(disordered.equals(text));
    assertThrows(MalformedBlobException.class, () -> verifyExport(disordered));

    String before =
        new String(
                verifier.export(agentId, List.of(home, destination)).toJson(),
                StandardCharsets.UTF_8)
            .replace("mandate.export.v5", "mandate.export.v4");
    AuditExport old = AuditExport.parse(before.getBytes(StandardCharsets.UTF_8));
    assertEquals(List.of(home, destination), old.chains());
    String mixed = text.replace("mandate.export.v5", "mandate.export.v4");
    assertThrows(MalformedBlobException.class, () -> verifyExport(mixed));
  }

  @Test
  void shouldNotSayInOrderWhenNoChainWasAudited() {
    AuditVerifier verifier = new AuditVerifier(List.of(), store);
    assertThrows(IllegalArgumentException.class, () -> verifier.verify(agentId));
    byte[] empty = verifier.export(agentId, List.of()).toJson();
    assertThrows(MalformedBlobException.class, () -> AuditExport.parse(empty));
    ChainEvidence home = evidence();
    byte[] twice = verifier.export(agentId, List.of(home, home)).toJson();
    assertThrows(MalformedBlobException.class, () -> AuditExport.parse(twice));
  }

  @Test
  void L6_shouldNotSayInOrderWhenAChainThatTheTrailReachesIsLeftOut() {
    BigInteger remote = BigInteger.valueOf(31338);
    ChainEvidence home = dispatchedTo(remote);
    ChainEvidence destination = untouched(remote, home.domain());
    AuditVerifier verifier = new AuditVerifier(List.of(), store);
    assertTrue(verifier.verify(agentId, List.of(home, destination)).ok());

    AuditReport homeOnly = verifier.verify(agentId, List.of(home));
    assertFalse(homeOnly.ok());
    assertTrue(
        homeOnly.gaps().getFirst() instanceof Finding.ChainNotAudited g
            && g.chainId().equals(remote));
    AuditReport remoteOnly = verifier.verify(agentId, List.of(destination));
    assertFalse(remoteOnly.ok());
    assertTrue(
        remoteOnly.gaps().getFirst() instanceof Finding.ChainNotAudited g
            && g.chainId().equals(HOME));
    AuditExport cut = AuditExport.parse(verifier.export(agentId, List.of(home)).toJson());
    assertEquals(homeOnly, AuditVerifier.verifyExport(cut));

    AuditRecord shown = home.records().getFirst();
    AuditRecord hidden =
        new AuditRecord(
            HOME, agentId, 0, shown.intentId(), Optional.empty(), shown.detail(), shown.anchor());
    assertFalse(
        verifier.verify(agentId, List.of(with(home, hidden))).ok(), "the destination is hidden");
    ChainEvidence other = untouched(remote, new IntentDomain(remote, home.domain().executor()));
    assertTrue(has(verifier.verify(agentId, List.of(home, other)), Finding.OtherSystem.class));
  }

  @Test
  void L7_shouldAskForEveryChainThatHomeRegisters() throws Exception {
    BigInteger remote = BigInteger.valueOf(31338);
    Object snapshot = rpc("evm_snapshot");
    try {
      Sender authority = chain.sender(AUTHORITY);
      var policy =
          PolicyEngine.load(
              deployment.account().hex(), chain.web3j(), authority.reader(), Sender.NO_GAS);
      authority.send(Call.of("register", deployment.account().hex(), policy.registerChain(remote)));

      ChainEvidence home = evidence();
      assertEquals(List.of(HOME, remote), home.registeredChains());
      AuditReport alone = verify(home);
      assertFalse(alone.ok());
      assertTrue(alone.incomplete(), alone.findings().toString());
      assertTrue(
          alone.gaps().getFirst() instanceof Finding.ChainNotAudited gap
              && gap.chainId().equals(remote)
              && gap.words().startsWith("chain 31338 was not looked at: give --rpc for it"),
          alone.gaps().toString());
      assertTrue(
          new AuditVerifier(List.of(), store)
              .verify(agentId, List.of(home, untouched(remote, home.domain())))
              .ok());

      AuditExport export =
          AuditExport.parse(
              new AuditVerifier(List.of(), store).export(agentId, List.of(home)).toJson());
      assertEquals(alone, AuditVerifier.verifyExport(export), "an export carries what is needed");
      AuditReport leftOut = AuditVerifier.verifyExport(export, Set.of(remote));
      assertTrue(leftOut.ok());
      assertTrue(leftOut.gaps().getFirst() instanceof Finding.ChainLeftOut, "and it is told");
      String text = new String(export.toJson(), StandardCharsets.UTF_8);
      assertThrows(
          MalformedBlobException.class,
          () -> verifyExport(text.replace("[\"31337\",\"31338\"]", "[]")));

      AuditReport withoutHome =
          new AuditVerifier(List.of(), store, Set.of(HOME))
              .verify(agentId, List.of(untouched(remote, home.domain())));
      assertFalse(withoutHome.ok(), "nothing can be told without home");
    } finally {
      rpc("evm_revert", snapshot);
    }
  }

  @Test
  void shouldGiveNoVerdictWhenTheNodeIsOfAnotherChain() {
    AuditedChain elsewhere =
        new AuditedChain(
            audited.client(), audited.finality(), audited.domain(), PAYEE, audited.fromBlock());
    assertThrows(
        NodeException.class, () -> new AuditVerifier(List.of(elsewhere), store).verify(agentId));
  }

  // ------------------------------------------------------------------ story

  private static void grantMandate() {
    Sender authority = chain.sender(AUTHORITY);
    var registry =
        AgentRegistry.load(
            deployment.registry().hex(), chain.web3j(), authority.reader(), Sender.NO_GAS);
    var policy =
        PolicyEngine.load(
            deployment.account().hex(), chain.web3j(), authority.reader(), Sender.NO_GAS);
    String engine = deployment.account().hex();
    authority.sendAll(
        List.of(
            Call.of(
                "activate",
                deployment.registry().hex(),
                registry.activate(agentId, vault().hex(), BigInteger.ZERO)),
            Call.of(
                "terms",
                engine,
                policy.setTerms(
                    agentId,
                    new PolicyEngine.Terms(
                        BigInteger.valueOf(4_000_000_000L),
                        BigInteger.valueOf(3600),
                        BigInteger.valueOf(100),
                        BigInteger.valueOf(50),
                        true,
                        false))),
            Call.of(
                "limit",
                engine,
                policy.setLimit(
                    agentId,
                    Address.ZERO.hex(),
                    new PolicyEngine.Limit(
                        BigInteger.valueOf(1_000),
                        BigInteger.valueOf(10_000),
                        BigInteger.valueOf(3600)))),
            Call.of("chain", engine, policy.setAssetChain(agentId, Address.ZERO.hex(), HOME, true)),
            Call.of("payee", engine, policy.setRecipient(agentId, HOME, PAYEE.hex(), true))));
  }

  private static Intent pay(long amount, long nonce) {
    return new Intent(
        agentId,
        vault(),
        HOME,
        Address.ZERO,
        PAYEE,
        BigInteger.valueOf(amount),
        Bytes.EMPTY,
        BigInteger.valueOf(nonce),
        DEADLINE);
  }

  private static void submit(Intent intent, IntentDomain domain) {
    Sender anyone = chain.sender(DevChain.RICH);
    SignedIntent signed = SignedIntent.sign(intent, domain, AGENT);
    var executor =
        HomeExecutor.load(
            deployment.executor().hex(), chain.web3j(), anyone.reader(), Sender.NO_GAS);
    anyone.send(
        Call.of(
            "submit",
            deployment.executor().hex(),
            executor.submit(IntentAbi.toHome(intent), signed.signature().bytes())));
  }

  private static Object rpc(String method, Object... parameters) throws IOException {
    return new Request<>(method, List.of(parameters), chain.service(), AnyResponse.class)
        .send()
        .getResult();
  }

  /** Whatever a node answers. */
  static final class AnyResponse extends Response<Object> {}

  private static Address vault() {
    return deployment.account();
  }

  private static Credentials key(int number) {
    return Credentials.create(
        Numeric.toHexStringWithPrefixZeroPadded(BigInteger.valueOf(number), 64));
  }

  // ------------------------------------------------------------------ evidence

  private ChainEvidence evidence() {
    return new AuditVerifier(List.of(audited), store).evidence(agentId).getFirst();
  }

  private AuditReport verify(ChainEvidence evidence) {
    return new AuditVerifier(List.of(audited), store).verify(agentId, List.of(evidence));
  }

  private List<String> mismatches(ChainEvidence evidence) {
    return verify(evidence).findings().stream()
        .filter(Finding.ChainMismatch.class::isInstance)
        .map(found -> ((Finding.ChainMismatch) found).what())
        .toList();
  }

  private static AuditReport verifyExport(String document) {
    return AuditVerifier.verifyExport(AuditExport.parse(document.getBytes(StandardCharsets.UTF_8)));
  }

  private static boolean has(AuditReport report, Class<? extends Finding> kind) {
    return report.findings().stream().anyMatch(kind::isInstance);
  }

  /** As if the true records had been published in batches with these bounds. */
  private ChainEvidence published(ChainEvidence evidence, int... bounds) {
    List<Publication> publications = new ArrayList<>();
    for (int i = 1; i < bounds.length; i++) {
      publications.add(publish(evidence.records().subList(bounds[i - 1], bounds[i])));
    }
    return with(evidence, publications);
  }

  /** As if these records had been published in one batch. */
  private ChainEvidence published(ChainEvidence evidence, List<AuditRecord> records) {
    return with(evidence, List.of(publish(records)));
  }

  private Publication publish(List<AuditRecord> records) {
    records.forEach(record -> store.put(record.toBlob()));
    Batch batch = Batch.of(records);
    assertEquals(batch, Batch.parse(batch.toBlob()));
    return new Publication(batch.from(), batch.to(), batch.root(), store.put(batch.toBlob()));
  }

  /** As if the agent had only dispatched one intent from home. */
  private ChainEvidence dispatchedTo(BigInteger destination) {
    ChainEvidence e = evidence();
    Intent intent =
        new Intent(
            agentId,
            vault(),
            destination,
            Address.ZERO,
            PAYEE,
            BigInteger.ONE,
            Bytes.EMPTY,
            BigInteger.TEN,
            BigInteger.TEN);
    AuditRecord record =
        new AuditRecord(
            HOME,
            agentId,
            0,
            intent.id(e.domain()),
            Optional.of(intent),
            new Detail.Dispatched(Hash.ZERO),
            e.records().getFirst().anchor());
    return with(e, record);
  }

  private static ChainEvidence with(ChainEvidence e, AuditRecord only) {
    HashChain head = HashChain.EMPTY.append(only.recordHash());
    return new ChainEvidence(
        e.chainId(),
        e.agentId(),
        e.domain(),
        e.account(),
        e.block(),
        head,
        0,
        List.of(only),
        List.of(new ChainEvidence.Link(only.action(), only.intentId(), only.recordHash(), head)),
        List.of(),
        List.of(),
        e.registeredChains(),
        Optional.empty());
  }

  private ChainEvidence untouched(BigInteger chainId, IntentDomain domain) {
    return new ChainEvidence(
        chainId,
        agentId,
        domain,
        deployment.account(),
        evidence().block(),
        HashChain.EMPTY,
        0,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        chainId.equals(domain.homeChainId()) ? List.of(chainId) : List.of(),
        Optional.empty());
  }

  private static ChainEvidence with(
      ChainEvidence e, HashChain state, List<AuditRecord> records, List<ChainEvidence.Link> links) {
    return new ChainEvidence(
        e.chainId(),
        e.agentId(),
        e.domain(),
        e.account(),
        e.block(),
        state,
        e.published(),
        records,
        links,
        e.publications(),
        e.resends(),
        e.registeredChains(),
        Optional.empty());
  }

  private static ChainEvidence with(ChainEvidence e, List<Publication> publications) {
    long published = e.publications().isEmpty() ? publications.getLast().to() : e.published();
    return new ChainEvidence(
        e.chainId(),
        e.agentId(),
        e.domain(),
        e.account(),
        e.block(),
        e.state(),
        published,
        e.records(),
        e.links(),
        publications,
        e.resends(),
        e.registeredChains(),
        Optional.empty());
  }

  private static AuditRecord with(AuditRecord record, Intent intent, AuditRecord.Anchor anchor) {
    return new AuditRecord(
        record.chainId(),
        record.agentId(),
        record.index(),
        record.intentId(),
        Optional.of(intent),
        record.detail(),
        anchor);
  }
}
