package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.mandate.audit.AuditRecord;
import org.mandate.audit.AuditRecord.Anchor;
import org.mandate.audit.Batch;
import org.mandate.audit.BlobSource;
import org.mandate.audit.BlobStoreUnavailableException;
import org.mandate.audit.Cid;
import org.mandate.audit.Detail;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.event.AuditEvent.Published;
import org.mandate.intent.Intent;

/** Batches whose blobs say something else than the chain. */
class PublicationCheckTest {
  private static final BigInteger CHAIN = BigInteger.TWO;
  private static final BigInteger AGENT = BigInteger.ONE;

  private final List<AuditRecord> own = List.of(record(0), record(1), record(2));
  private final Map<Cid, byte[]> blobs = new HashMap<>();
  private final Set<Cid> down = new HashSet<>();
  private final Findings findings = new Findings(finding -> {});

  @Test
  void shouldStayQuietAboutBlobsThatSayWhatTheChainSays() throws Exception {
    publish(own);
    assertEquals(List.of(), findings.all());
  }

  @Test
  void L6_blobThatTellsAnotherBlockIsFound() throws Exception {
    AuditRecord true1 = own.get(1);
    Anchor a = true1.anchor();
    publishInstead(
        with(
            true1,
            true1.intent(),
            new Anchor(a.blockNumber(), a.blockHash(), 1, a.transaction(), a.logIndex())));
    assertTold("anchor");
  }

  @Test
  void L6_blobThatTellsAnotherTransactionIsFound() throws Exception {
    AuditRecord true1 = own.get(1);
    Anchor a = true1.anchor();
    publishInstead(
        with(
            true1,
            true1.intent(),
            new Anchor(
                a.blockNumber(),
                a.blockHash(),
                a.blockTimestamp(),
                Hash.keccak("elsewhere"),
                a.logIndex())));
    assertTold("anchor");
  }

  @Test
  void L6_blobThatTellsAnotherIntentOrNoneIsFound() throws Exception {
    AuditRecord true1 = own.get(1);
    publishInstead(with(true1, Optional.of(intent(BigInteger.TEN)), true1.anchor()));
    assertTold("intent");
    findings.update("publication:2:1:0", found -> found.with(Finding.Status.WITHDRAWN));
    publishInstead(with(true1, Optional.empty(), true1.anchor()));
    assertTold("intent");
  }

  @Test
  void L6_manifestThatIsNotWhatWasPublishedIsFound() throws Exception {
    Batch batch = Batch.of(own);
    own.forEach(record -> blobs.put(Cid.of(record.toBlob()), record.toBlob()));
    publish(batch, batch.from(), batch.to(), hash(7));
    assertSeen("root");
    publish(batch, batch.from(), batch.to() + 1, batch.root());
    assertSeen("records 0 to 3");
    Batch others = new Batch(CHAIN, BigInteger.TEN, batch.records());
    publish(others, batch.from(), batch.to(), batch.root());
    assertSeen("agent 10");
  }

  private void assertSeen(String words) {
    String seen = findings.all().getFirst().seen();
    assertTrue(seen.contains(words), seen);
    findings.update("publication:2:1:0", found -> found.with(Finding.Status.WITHDRAWN));
  }

  @Test
  void L6_faultIsToldWhenOtherBlobsCannotBeFetched() throws Exception {
    AuditRecord true1 = own.get(1);
    down.add(Cid.of(own.get(0).toBlob()));
    down.add(Cid.of(own.get(2).toBlob()));
    publishInstead(with(true1, Optional.empty(), true1.anchor()));
    assertTold("intent");
    assertEquals(Severity.CRITICAL, findings.all().getFirst().severity());
  }

  @Test
  void shouldWarnWhenBlobsCannotBeFetchedAndTheOthersAreTrue() throws Exception {
    down.add(Cid.of(own.get(1).toBlob()));
    publish(own);
    assertEquals(
        List.of(Severity.WARNING), findings.all().stream().map(Finding::severity).toList());
    assertTrue(findings.all().getFirst().seen().contains("record 1"));
  }

  private void assertTold(String field) {
    assertEquals(1, findings.all().size(), findings.all().toString());
    Finding finding = findings.all().getFirst();
    assertEquals(Check.PUBLICATION, finding.check());
    assertTrue(
        finding.seen().contains("record 1") && finding.seen().contains(field), finding.seen());
  }

  private void publishInstead(AuditRecord second) throws Exception {
    publish(List.of(own.get(0), second, own.get(2)));
  }

  private void publish(List<AuditRecord> records) throws Exception {
    Batch batch = Batch.of(records);
    records.forEach(record -> blobs.put(Cid.of(record.toBlob()), record.toBlob()));
    publish(batch, batch.from(), batch.to(), batch.root());
  }

  private void publish(Batch batch, long from, long to, Hash root) throws Exception {
    blobs.put(Cid.of(batch.toBlob()), batch.toBlob());
    Published published =
        new Published(
            new Log(hash(9), 9, hash(9), 0, Address.ZERO, List.of(), "0x"),
            AGENT,
            BigInteger.valueOf(from),
            BigInteger.valueOf(to),
            root,
            Cid.of(batch.toBlob()).digest(),
            Address.ZERO);
    new PublicationCheck(source(), findings, hasty())
        .start(
            CHAIN,
            published,
            new Block(9, hash(9), hash(8), Instant.EPOCH),
            (agentId, index) -> Optional.of(own.get((int) index)))
        .join(Duration.ofSeconds(30));
  }

  private BlobSource source() {
    return cid -> {
      if (down.contains(cid)) {
        throw new BlobStoreUnavailableException("HTTP 503");
      }
      return Optional.ofNullable(blobs.get(cid));
    };
  }

  /** A clock on which a minute passes between two looks: nothing is waited for. */
  private static Clock hasty() {
    AtomicLong minutes = new AtomicLong();
    InstantSource source =
        () -> Instant.EPOCH.plus(Duration.ofMinutes(2 * minutes.getAndIncrement()));
    return source.withZone(ZoneOffset.UTC);
  }

  private static AuditRecord with(AuditRecord record, Optional<Intent> intent, Anchor anchor) {
    return new AuditRecord(
        record.chainId(),
        record.agentId(),
        record.index(),
        record.intentId(),
        intent,
        record.detail(),
        anchor);
  }

  private static AuditRecord record(int index) {
    return new AuditRecord(
        CHAIN,
        AGENT,
        index,
        hash(100 + index),
        Optional.of(intent(BigInteger.ONE)),
        new Detail.Dispatched(hash(200 + index)),
        new Anchor(index, hash(index), 1_000 + index, hash(300 + index), 0));
  }

  private static Intent intent(BigInteger amount) {
    return new Intent(
        AGENT,
        Address.ZERO,
        CHAIN,
        Address.ZERO,
        Address.ZERO,
        amount,
        Bytes.EMPTY,
        BigInteger.ONE,
        BigInteger.ONE);
  }

  private static Hash hash(long number) {
    return Hash.of("0x%064x".formatted(number));
  }
}
