package org.mandate.audit;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.mandate.chain.Hash;

/**
 * The manifest of a batch: consecutive records of one agent on one chain and where their blobs are.
 *
 * @param records one to {@link #MAX_RECORDS}, consecutive
 */
public record Batch(BigInteger chainId, BigInteger agentId, List<Entry> records) {
  /** So that a manifest stays below a blob's limit. */
  public static final int MAX_RECORDS = 4096;

  private static final String SCHEMA = "mandate.batch.v1";

  /**
   * @param index position in the agent's chain, from 0
   */
  public record Entry(long index, Hash recordHash, Cid cid) {
    private byte[] leafInput() {
      return AuditRecord.leafInput(index, recordHash, cid);
    }
  }

  public Batch {
    records = List.copyOf(records);
    if (records.isEmpty() || records.size() > MAX_RECORDS) {
      throw new IllegalArgumentException(
          "a batch has 1 to " + MAX_RECORDS + " records, not " + records.size());
    }
    for (int i = 1; i < records.size(); i++) {
      if (records.get(i).index() != records.get(i - 1).index() + 1) {
        throw new IllegalArgumentException(
            "records of a batch are consecutive: "
                + records.get(i).index()
                + " follows "
                + records.get(i - 1).index());
      }
    }
  }

  /** The batch of consecutive records of one agent on one chain. */
  public static Batch of(List<AuditRecord> records) {
    AuditRecord first = records.getFirst();
    for (AuditRecord record : records) {
      if (!record.chainId().equals(first.chainId()) || !record.agentId().equals(first.agentId())) {
        throw new IllegalArgumentException("a batch is of one agent on one chain");
      }
    }
    return new Batch(
        first.chainId(),
        first.agentId(),
        records.stream()
            .map(record -> new Entry(record.index(), record.recordHash(), Cid.of(record.toBlob())))
            .toList());
  }

  /** Index of the first record. */
  public long from() {
    return records.getFirst().index();
  }

  /** Index after the last record. */
  public long to() {
    return records.getLast().index() + 1;
  }

  /** The Merkle root over the records, which {@code AuditLog.publish} commits to. */
  public Hash root() {
    return tree().root();
  }

  /** The tree that proves a record's inclusion under {@link #root}. */
  public MerkleTree tree() {
    return MerkleTree.over(records.stream().map(Entry::leafInput).toList());
  }

  /**
   * The manifest as a blob: canonical JSON, schema {@code mandate.batch.v1}. Its SHA-256 goes on
   * chain.
   */
  public byte[] toBlob() {
    ObjectNode json = CanonicalJson.object();
    json.put("schema", SCHEMA);
    json.put("chainId", chainId.toString());
    json.put("agentId", agentId.toString());
    json.put("from", from());
    json.put("to", to());
    json.put("root", root().hex());
    ArrayNode entries = json.putArray("records");
    for (Entry entry : records) {
      entries
          .addObject()
          .put("index", entry.index())
          .put("recordHash", entry.recordHash().hex())
          .put("cid", entry.cid().toString());
    }
    return CanonicalJson.bytes(json);
  }

  /**
   * Reads a manifest.
   *
   * @throws MalformedBlobException when it is anything but what {@link #toBlob} writes for some
   *     batch
   */
  public static Batch parse(byte[] blob) {
    Fields fields = new Fields(CanonicalJson.parseObject(blob));
    fields.constant("schema", SCHEMA);
    List<Entry> entries = new ArrayList<>();
    for (Fields entry : fields.objects("records", MAX_RECORDS)) {
      entries.add(new Entry(entry.number("index"), entry.hash("recordHash"), entry.cid("cid")));
      entry.end();
    }
    Batch batch;
    try {
      batch = new Batch(fields.decimal("chainId", 256), fields.decimal("agentId", 256), entries);
    } catch (IllegalArgumentException e) {
      throw new MalformedBlobException(e.getMessage());
    }
    if (fields.number("from") != batch.from() || fields.number("to") != batch.to()) {
      throw new MalformedBlobException(
          "fields from and to are not the records' range ["
              + batch.from()
              + ", "
              + batch.to()
              + ")");
    }
    if (!fields.hash("root").equals(batch.root())) {
      throw fields.wrong("root", "is not the Merkle root of the records, " + batch.root());
    }
    fields.end();
    return batch;
  }
}
