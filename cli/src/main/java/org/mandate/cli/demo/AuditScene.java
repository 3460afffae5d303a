package org.mandate.cli.demo;

import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import org.mandate.audit.AuditRecord;
import org.mandate.audit.AuditReport;
import org.mandate.audit.AuditVerifier;
import org.mandate.audit.AuditedChain;
import org.mandate.audit.Batch;
import org.mandate.audit.BlobSource;
import org.mandate.audit.Cid;
import org.mandate.audit.Detail;
import org.mandate.audit.DirectoryBlobSource;
import org.mandate.audit.Finding;
import org.mandate.audit.GatewayBlobSource;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.JsonRpcClient;
import org.mandate.cli.local.Ledger;
import org.mandate.contracts.AgentVault;
import org.web3j.protocol.core.methods.response.Log;

/** A stranger re-derives everything from public data; what is altered or missing is named. */
final class AuditScene implements Story.Scene {
  private static final Duration REQUEST = Duration.ofSeconds(10);

  private final Play play;

  AuditScene(Play play) {
    this.play = play;
  }

  @Override
  public void play() throws Exception {
    var story = play.story();
    var actions = chainsMatchActions(play.home()) + chainsMatchActions(play.remote());
    story.say(
        "every one of %d actions on both chains extended the agent's hash chain in its own"
            + " transaction",
        actions);
    story.fact("actions", actions);
    play.awaitPublished();
    for (var ledger : List.of(play.home(), play.remote())) {
      var records = ledger.records(play.agentId());
      story.say("chain %d: %d records, all published", ledger.chain().chainId(), records.count());
      story.fact("recordsOn" + ledger.chain().chainId(), records.count());
    }
    for (var relayer : play.stage().relayers()) {
      verifiedAt(relayer.url(), actions);
    }
    tellsTheForgery();
    tellsWhoCancelled();
    story.fact("verdict", "in order");
    story.fact("verifiedBlobs", actions);
    damage();
    story.fact(
        "evidence",
        "%d records, %d blobs in order; altered and removed blob named"
            .formatted(actions, actions));
  }

  /** Whoever published what: every relayer's own store has the whole trail, a moment later. */
  private void verifiedAt(URI gateway, long actions) throws Exception {
    var story = play.story();
    story.say(
        "mandate audit verify --agent %d with public data only: the addresses, two RPC URLs, the"
            + " gateway %s",
        play.agentId(), gateway);
    var blobs = new GatewayBlobSource(gateway, REQUEST);
    play.await(
        "relayer %s to have the whole trail".formatted(gateway),
        Play.PATIENCE,
        () -> verify(blobs).ok());
    var verdict = verify(blobs);
    story.mustEqual(actions, verdict.records(), "records that the audit recomputed");
    var verified = verdict.chains().stream().mapToInt(AuditReport.ChainReport::verifiedBlobs).sum();
    story.mustEqual(actions, (long) verified, "blobs that the audit verified");
    story.say(
        "verdict: in order; %d records recomputed, %d blobs fetched by CID and hashed",
        verdict.records(), verified);
  }

  /** The forged message's records are true ones: the verdict stays, and says what they are. */
  private void tellsTheForgery() {
    var story = play.story();
    var told =
        verify(new DirectoryBlobSource(play.stage().blobs())).findings().stream()
            .filter(Finding.StoppedForgery.class::isInstance)
            .toList();
    story.mustEqual(1, told.size(), "number of forged messages that the audit tells");
    story.say("of the forgery it says: %s", told.getFirst().words());
    story.fact("stoppedForgery", told.getFirst().words());
  }

  /** What waited and was cancelled is in the trail, with who did it. */
  private void tellsWhoCancelled() {
    var story = play.story();
    var store = new DirectoryBlobSource(play.stage().blobs());
    var cancelled =
        publishedAtHome(store).stream()
            .map(entry -> AuditRecord.parse(store.get(entry.cid()).orElseThrow()))
            .filter(record -> record.detail() instanceof Detail.Cancelled)
            .toList();
    var by = cancelled.stream().map(record -> ((Detail.Cancelled) record.detail()).by()).toList();
    var owner = Play.address(play.stage().cast().owner());
    story.mustEqual(List.of(owner, owner), by, "who cancelled, as the records say");
    story.say(
        "of what waited it says: records %s, cancelled by the agent's owner %s",
        String.join(" and ", cancelled.stream().map(r -> String.valueOf(r.index())).toList()),
        owner);
    story.fact("cancelledRecords", cancelled.stream().map(AuditRecord::index).toList());
  }

  /**
   * One blob is altered, one removed: the verdict must name both, and only them; then they are put
   * back.
   */
  private void damage() throws Exception {
    var story = play.story();
    var store = new DirectoryBlobSource(play.stage().blobs());
    var records = publishedAtHome(store);
    var altered = records.getFirst();
    var removed = records.getLast();
    var alteredFile = store.file(altered.cid());
    var removedFile = store.file(removed.cid());
    var alteredBytes = Files.readAllBytes(alteredFile);
    var removedBytes = Files.readAllBytes(removedFile);
    Files.writeString(
        alteredFile,
        new String(alteredBytes, StandardCharsets.UTF_8)
            .replaceFirst("\"amount\":\"", "\"amount\":\"9"));
    Files.delete(removedFile);
    story.say(
        "now record %d is altered on disk (the amount gets a 9 in front) and record %d is removed",
        altered.index(), removed.index());
    // The gateway itself refuses to serve altered bytes, so the auditor looks at the store's files.
    var verdict = verify(store);
    Files.write(alteredFile, alteredBytes);
    Files.write(removedFile, removedBytes);
    var failing = verdict.findings().stream().filter(Finding::fails).toList();
    for (var finding : failing) {
      story.say("verdict: %s", finding.words());
    }
    story.must(!verdict.ok(), "the audit does not see the damage");
    story.must(
        failing.stream()
            .anyMatch(
                f -> f instanceof Finding.AlteredBlob a && names(a.subject(), altered, a.cid())),
        "the audit does not name the altered record %d: %s",
        altered.index(),
        words(verdict));
    story.must(
        failing.stream()
            .anyMatch(
                f -> f instanceof Finding.MissingBlob m && names(m.subject(), removed, m.cid())),
        "the audit does not name the removed record %d: %s",
        removed.index(),
        words(verdict));
    story.mustEqual(2, failing.size(), "number of findings");
    story.must(verify(store).ok(), "the audit is not in order after the blobs are put back");
    story.say("both are put back, and the verdict is in order again");
    story.fact("alteredRecord", altered.index());
    story.fact("alteredCid", altered.cid().toString());
    story.fact("removedRecord", removed.index());
    story.fact("removedCid", removed.cid().toString());
    story.fact("findings", failing.stream().map(Finding::words).toList());
  }

  private static boolean names(Finding.Subject subject, Batch.Entry entry, Cid cid) {
    return subject.equals(new Finding.Subject.OfRecord(entry.index())) && cid.equals(entry.cid());
  }

  /** All records of the home chain, as the published manifests list them. */
  private List<Batch.Entry> publishedAtHome(BlobSource store) {
    return play.home().published(play.agentId()).stream()
        .map(log -> new Cid(Hash.of(AgentVault.getPublishedEventFromLog(log).manifestDigest)))
        .flatMap(cid -> Batch.parse(store.get(cid).orElseThrow()).records().stream())
        .toList();
  }

  private AuditReport verify(BlobSource blobs) {
    var chains = List.of(play.home(), play.remote()).stream().map(this::audited).toList();
    return new AuditVerifier(chains, blobs).verify(BigInteger.valueOf(play.agentId()));
  }

  private AuditedChain audited(Ledger ledger) {
    return new AuditedChain(
        new JsonRpcClient(URI.create(ledger.chain().url()), REQUEST),
        new Finality.FinalizedTag(),
        play.domain(),
        ledger.deployment().account(),
        ledger.deployment().block());
  }

  /**
   * L6 on chain: executor's events and links of the audit chain, one to one, pairwise in the same
   * transaction.
   */
  private long chainsMatchActions(Ledger ledger) throws Exception {
    var story = play.story();
    var events = ledger.events(play.agentId()).stream().map(Log::getTransactionHash).toList();
    var links = ledger.appended(play.agentId()).stream().map(Log::getTransactionHash).toList();
    story.mustEqual(
        events, links, "transactions of the records on chain " + ledger.chain().chainId());
    story.mustEqual(
        (long) links.size(), ledger.records(play.agentId()).count(), "length of the hash chain");
    return links.size();
  }

  private static String words(AuditReport report) {
    return String.join("; ", report.findings().stream().map(Finding::words).toList());
  }
}
