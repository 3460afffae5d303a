package org.mandate.audit;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.mandate.audit.ChainEvidence.FinalBlock;
import org.mandate.audit.ChainEvidence.Link;
import org.mandate.audit.ChainEvidence.Publication;
import org.mandate.audit.ChainEvidence.Resend;
import org.mandate.intent.IntentDomain;

/**
 * An agent's audit trail in one document: what the chains say, and the blobs. Whoever has it can
 * verify it without network and without us.
 */
public final class AuditExport {
  private static final String SCHEMA = "mandate.export.v5";

  /** It told nothing of gateways. */
  private static final String SCHEMA_BEFORE = "mandate.export.v4";

  private static final int MAX_CHAINS = 64;
  private static final int MAX_ITEMS = 1_000_000;

  private final BigInteger agentId;
  private final List<ChainEvidence> chains;
  private final Map<String, byte[]> blobs;

  private AuditExport(BigInteger agentId, List<ChainEvidence> chains, Map<String, byte[]> blobs) {
    this.agentId = agentId;
    this.chains = List.copyOf(chains);
    this.blobs = blobs;
  }

  /** The evidence with all blobs it leads to, as far as {@code source} has them unaltered. */
  static AuditExport of(BigInteger agentId, List<ChainEvidence> chains, BlobSource source) {
    Map<String, byte[]> blobs = new TreeMap<>();
    for (ChainEvidence chain : chains) {
      for (Publication publication : chain.publications()) {
        readable(source, publication.manifest())
            .ifPresent(
                manifest -> {
                  blobs.put(publication.manifest().toString(), manifest);
                  for (Cid cid : listed(manifest)) {
                    readable(source, cid).ifPresent(blob -> blobs.put(cid.toString(), blob));
                  }
                });
      }
    }
    return new AuditExport(agentId, chains, blobs);
  }

  public BigInteger agentId() {
    return agentId;
  }

  public List<ChainEvidence> chains() {
    return chains;
  }

  /** The export's blobs. */
  public BlobSource source() {
    return cid ->
        Optional.ofNullable(blobs.get(cid.toString()))
            .map(blob -> AlteredBlobException.check(cid, blob));
  }

  /** The document: canonical JSON, schema {@code mandate.export.v5}. */
  public byte[] toJson() {
    ObjectNode json = CanonicalJson.object();
    json.put("schema", SCHEMA);
    json.put("agentId", agentId.toString());
    ArrayNode list = json.putArray("chains");
    chains.forEach(chain -> list.add(write(chain)));
    ArrayNode all = json.putArray("blobs");
    blobs.forEach((cid, blob) -> all.add(writeBlob(cid, blob)));
    return CanonicalJson.bytes(json);
  }

  /**
   * Reads the document. Its claims are not checked here.
   *
   * @throws MalformedBlobException when it is not of the schema
   */
  public static AuditExport parse(byte[] document) {
    Fields fields = new Fields(CanonicalJson.parseObject(document));
    boolean before = fields.text("schema").equals(SCHEMA_BEFORE);
    if (!before) {
      fields.constant("schema", SCHEMA);
    }
    BigInteger agentId = fields.decimal("agentId", 256);
    List<ChainEvidence> chains = new ArrayList<>();
    for (Fields chain : fields.objects("chains", MAX_CHAINS)) {
      ChainEvidence evidence = readChain(chain, agentId, before);
      if (chains.stream().anyMatch(other -> other.chainId().equals(evidence.chainId()))) {
        throw fields.wrong("chains", "names chain " + evidence.chainId() + " twice");
      }
      chains.add(evidence);
    }
    if (chains.isEmpty()) {
      throw fields.wrong("chains", "is empty: there is nothing to verify");
    }
    Map<String, byte[]> blobs = new TreeMap<>();
    for (Fields blob : fields.objects("blobs", MAX_ITEMS)) {
      String cid = blob.cid("cid").toString();
      blobs.put(
          cid,
          blob.has("text") ? blob.text("text").getBytes(StandardCharsets.UTF_8) : readBase64(blob));
      blob.end();
    }
    fields.end();
    return new AuditExport(agentId, chains, blobs);
  }

  // ------------------------------------------------------------------ writing

  private static ObjectNode write(ChainEvidence chain) {
    ObjectNode json = CanonicalJson.object();
    json.put("chainId", chain.chainId().toString());
    json.put("homeChainId", chain.domain().homeChainId().toString());
    json.put("executor", chain.domain().executor().hex());
    json.put("account", chain.account().hex());
    json.putObject("block")
        .put("number", Long.toString(chain.block().number()))
        .put("hash", chain.block().hash().hex())
        .put("timestamp", Long.toString(chain.block().timestamp().getEpochSecond()));
    json.putObject("state")
        .put("head", chain.state().head())
        .put("count", chain.state().count())
        .put("published", chain.published());
    ArrayNode records = json.putArray("records");
    chain.records().forEach(record -> records.add(CanonicalJson.parseObject(record.toBlob())));
    ArrayNode links = json.putArray("links");
    for (Link link : chain.links()) {
      links
          .addObject()
          .put("action", link.action().name())
          .put("intentId", link.intentId().hex())
          .put("recordHash", link.recordHash().hex())
          .put("head", link.chain().head())
          .put("count", link.chain().count());
    }
    ArrayNode publications = json.putArray("publications");
    for (Publication publication : chain.publications()) {
      publications
          .addObject()
          .put("from", publication.from())
          .put("to", publication.to())
          .put("root", publication.root().hex())
          .put("manifest", publication.manifest().toString());
    }
    ArrayNode resends = json.putArray("resends");
    for (Resend resend : chain.resends()) {
      resends
          .addObject()
          .put("intentId", resend.intentId().hex())
          .put("messageId", resend.messageId().hex());
    }
    ArrayNode registered = json.putArray("registeredChains");
    chain.registeredChains().forEach(id -> registered.add(id.toString()));
    chain.gateways().ifPresent(gateways -> json.set("gateways", write(gateways)));
    return json;
  }

  private static ObjectNode write(Gateways gateways) {
    ObjectNode json = CanonicalJson.object().put("own", gateways.own().hex());
    ArrayNode changes = json.putArray("changes");
    for (Gateways.Change change : gateways.changes()) {
      changes
          .addObject()
          .put("gateway", change.gateway().hex())
          .put("open", change.open())
          .put("block", Long.toString(change.block()))
          .put("logIndex", change.logIndex());
    }
    return json;
  }

  /**
   * As text where it is text, for people; a blob that nobody could write with our schemas may be
   * anything.
   */
  private static ObjectNode writeBlob(String cid, byte[] blob) {
    ObjectNode json = CanonicalJson.object().put("cid", cid);
    String text = new String(blob, StandardCharsets.UTF_8);
    return Arrays.equals(text.getBytes(StandardCharsets.UTF_8), blob)
        ? json.put("text", text)
        : json.put("base64", Base64.getEncoder().encodeToString(blob));
  }

  // ------------------------------------------------------------------ reading

  /**
   * @param before of the schema that told nothing of gateways
   */
  private static ChainEvidence readChain(Fields fields, BigInteger agentId, boolean before) {
    Fields block = fields.object("block");
    Fields state = fields.object("state");
    List<AuditRecord> records = new ArrayList<>();
    for (Fields record : fields.objects("records", MAX_ITEMS)) {
      records.add(AuditRecord.parse(record.canonical()));
    }
    List<Link> links = new ArrayList<>();
    for (Fields link : fields.objects("links", MAX_ITEMS)) {
      links.add(
          new Link(
              link.constant("action", Action.class),
              link.hash("intentId"),
              link.hash("recordHash"),
              chain(link)));
      link.end();
    }
    List<Publication> publications = new ArrayList<>();
    for (Fields publication : fields.objects("publications", MAX_ITEMS)) {
      publications.add(
          new Publication(
              publication.number("from"),
              publication.number("to"),
              publication.hash("root"),
              publication.cid("manifest")));
      publication.end();
    }
    List<Resend> resends = new ArrayList<>();
    for (Fields resend : fields.objects("resends", MAX_ITEMS)) {
      resends.add(new Resend(resend.hash("intentId"), resend.hash("messageId")));
      resend.end();
    }
    ChainEvidence evidence =
        consistent(
            () ->
                new ChainEvidence(
                    fields.decimal("chainId", 256),
                    agentId,
                    new IntentDomain(
                        fields.decimal("homeChainId", 256), fields.address("executor")),
                    fields.address("account"),
                    new FinalBlock(
                        block.decimalLong("number"),
                        block.hash("hash"),
                        Instant.ofEpochSecond(block.decimal("timestamp", 40).longValueExact())),
                    chain(state),
                    state.number("published"),
                    records,
                    links,
                    publications,
                    resends,
                    fields.decimals("registeredChains", 256, MAX_CHAINS),
                    before || !fields.has("gateways")
                        ? Optional.empty()
                        : Optional.of(readGateways(fields.object("gateways")))));
    block.end();
    state.end();
    fields.end();
    return evidence;
  }

  private static Gateways readGateways(Fields fields) {
    List<Gateways.Change> changes = new ArrayList<>();
    for (Fields change : fields.objects("changes", MAX_ITEMS)) {
      changes.add(
          new Gateways.Change(
              change.address("gateway"),
              change.flag("open"),
              change.decimalLong("block"),
              index(change)));
      change.end();
    }
    Gateways gateways = new Gateways(fields.address("own"), changes);
    fields.end();
    return gateways;
  }

  private static int index(Fields fields) {
    long index = fields.number("logIndex");
    if (index > Integer.MAX_VALUE) {
      throw fields.wrong("logIndex", "is above " + Integer.MAX_VALUE);
    }
    return (int) index;
  }

  private static HashChain chain(Fields fields) {
    return consistent(() -> new HashChain(fields.text("head"), fields.number("count")));
  }

  private static <T> T consistent(Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException e) {
      throw new MalformedBlobException(e.getMessage());
    }
  }

  private static byte[] readBase64(Fields blob) {
    try {
      return Base64.getDecoder().decode(blob.text("base64"));
    } catch (IllegalArgumentException e) {
      throw blob.wrong("base64", "is not base64");
    }
  }

  private static Optional<byte[]> readable(BlobSource source, Cid cid) {
    try {
      return source.get(cid);
    } catch (BlobStoreException e) {
      return Optional.empty(); // the verdict says so
    }
  }

  private static List<Cid> listed(byte[] manifest) {
    try {
      return Batch.parse(manifest).records().stream().map(Batch.Entry::cid).toList();
    } catch (MalformedBlobException e) {
      return List.of();
    }
  }
}
