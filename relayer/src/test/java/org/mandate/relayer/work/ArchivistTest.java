package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.audit.AuditRecord;
import org.mandate.audit.Detail;
import org.mandate.audit.EmbeddedBlobStore;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.Log;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.intent.IntentDomain;
import org.mandate.relayer.Bell;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredRecord;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.Event;

/** Records that cannot be archived stand before one that can. */
class ArchivistTest {
  private static final long CHAIN = 1;
  private static final Address EXECUTOR = new Address("0x" + "11".repeat(20));
  private static final IntentDomain DOMAIN = new IntentDomain(BigInteger.valueOf(CHAIN), EXECUTOR);
  private static final Address ACCOUNT = new Address("0x" + "22".repeat(20));
  private static final Block BLOCK =
      new Block(1, Hash.keccak("1"), Hash.keccak("0"), Instant.ofEpochSecond(1_800_000_000));
  private static final Hash INTENT = Hash.keccak("intent");

  @Test
  void L6_shouldArchiveOtherAgentsRecordsWhenOneAgentsCannotBe(@TempDir Path directory) {
    try (EmbeddedServer server = EmbeddedServer.start(directory.resolve("postgres"));
        Database database = Database.open(server.jdbcUrl())) {
      database.run(
          tx -> {
            ChainRow.register(tx, CHAIN, EXECUTOR, EXECUTOR);
            Blocks.append(tx, CHAIN, BLOCK);
            ChainRow.finalize(tx, CHAIN, BLOCK.number(), BLOCK.hash());
            // More than one page of records of agent 1 that no event belongs to.
            for (int i = 0; i < 150; i++) {
              StoredEvent.insert(
                  tx,
                  CHAIN,
                  EventKind.APPENDED,
                  appended(i, 1, i, 9, Hash.keccak("wrong " + i)),
                  DOMAIN);
            }
            StoredEvent.insert(tx, CHAIN, EventKind.EXPIRED, expired(200, 2), DOMAIN);
            StoredEvent.insert(
                tx, CHAIN, EventKind.APPENDED, appended(201, 2, 0, 9, recordHash(200, 2)), DOMAIN);
          });
      EmbeddedBlobStore blobs =
          new EmbeddedBlobStore(directory.resolve("blobs"), Clock.systemUTC());
      Archivist archivist = new Archivist(chain(), database, blobs, new Bell(), Clock.systemUTC());
      for (int round = 0; round < 3; round++) archivist.round();
      Function<Integer, List<StoredRecord>> records =
          agent ->
              database.inTransaction(
                  tx -> StoredRecord.from(tx, CHAIN, BigInteger.valueOf(agent), 0, 10));
      assertEquals(1, records.apply(2).size());
      assertTrue(records.apply(1).isEmpty());
      assertFalse(archivist.round(), "nothing is left to do right away");
    }
  }

  private static FollowedChain chain() {
    SeveralNodes nowhere =
        new SeveralNodes(
            List.of(new JsonRpcClient(URI.create("http://127.0.0.1:1"), Duration.ofSeconds(1))));
    return new FollowedChain(
        CHAIN,
        nowhere,
        Finality.of("finalized"),
        0,
        CHAIN,
        EXECUTOR,
        EXECUTOR,
        EXECUTOR,
        ACCOUNT,
        ACCOUNT);
  }

  private static Hash recordHash(int logIndex, long agentId) {
    AuditRecord.Anchor anchor =
        new AuditRecord.Anchor(
            BLOCK.number(),
            BLOCK.hash(),
            BLOCK.timestamp().getEpochSecond(),
            transaction(agentId),
            logIndex);
    return new AuditRecord(
            BigInteger.valueOf(CHAIN),
            BigInteger.valueOf(agentId),
            0,
            INTENT,
            Optional.empty(),
            new Detail.Expired(),
            anchor)
        .recordHash();
  }

  private static Log appended(int logIndex, long agentId, long index, int action, Hash recordHash) {
    String data = word(index) + word(action) + recordHash.hex().substring(2) + "00".repeat(32);
    return log(
        ACCOUNT,
        logIndex,
        AgentVault.APPENDED_EVENT,
        agentId,
        List.of(new Hash("0x" + word(agentId)), INTENT),
        data);
  }

  private static Log expired(int logIndex, long agentId) {
    Event event = CrossChainExecutor.INTENTEXPIRED_EVENT;
    return log(
        EXECUTOR, logIndex, event, agentId, List.of(INTENT, new Hash("0x" + word(agentId))), "");
  }

  private static Log log(
      Address by, int index, Event event, long agentId, List<Hash> indexed, String data) {
    List<Hash> topics =
        List.of(Hash.of(EventEncoder.encode(event)), indexed.get(0), indexed.get(1));
    return new Log(
        BLOCK.hash(), BLOCK.number(), transaction(agentId), index, by, topics, "0x" + data);
  }

  private static Hash transaction(long agentId) {
    return Hash.keccak("transaction of " + agentId);
  }

  private static String word(long value) {
    return "%064x".formatted(value);
  }
}
