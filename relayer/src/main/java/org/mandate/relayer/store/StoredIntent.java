package org.mandate.relayer.store;

import java.math.BigInteger;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;

/**
 * An intent, whoever brought it.
 *
 * @param signature the agent's, when the intent was handed to this relayer, which then submits it
 * @param number order of arrival
 * @param lapsed finalized home data shows that it was never submitted before its deadline, and so
 *     never will be
 * @param supersededBy the intent that used its nonce, as finalized home data shows: it will never
 *     be submitted
 */
public record StoredIntent(
    Hash id,
    Intent intent,
    Optional<Bytes> signature,
    Instant receivedAt,
    long number,
    boolean lapsed,
    Optional<Hash> supersededBy) {

  /**
   * Stores the intent unless it is there. A signature that is there stays. Answers whether the
   * intent was new.
   */
  public static boolean save(
      Tx tx, Hash id, Intent intent, Optional<Bytes> signature, Instant now) {
    boolean isNew =
        tx.update(
                """
                INSERT INTO intent
                  (intent_id, agent_id, account, chain_id, asset, recipient, amount, data, nonce, deadline, signature, received_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """,
                id,
                intent.agentId(),
                intent.account(),
                intent.chainId(),
                intent.asset(),
                intent.to(),
                intent.amount(),
                intent.data(),
                intent.nonce(),
                intent.deadline(),
                signature,
                now)
            > 0;
    if (!isNew && signature.isPresent()) {
      tx.update(
          "UPDATE intent SET signature = ? WHERE intent_id = ? AND signature IS NULL",
          signature,
          id);
    }
    return isNew;
  }

  /** As {@link #save}, intents that events tell of, without signatures. */
  public static void save(Tx tx, Map<Hash, Intent> intents, Instant now) {
    tx.updateAll(
        """
        INSERT INTO intent
          (intent_id, agent_id, account, chain_id, asset, recipient, amount, data, nonce, deadline, received_at)
        SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        List.of(
            "bytea",
            "numeric",
            "bytea",
            "numeric",
            "bytea",
            "bytea",
            "numeric",
            "bytea",
            "numeric",
            "numeric",
            "timestamptz"),
        intents.entrySet().stream()
            .map(
                entry -> {
                  Intent intent = entry.getValue();
                  return new Object[] {
                    entry.getKey(),
                    intent.agentId(),
                    intent.account(),
                    intent.chainId(),
                    intent.asset(),
                    intent.to(),
                    intent.amount(),
                    intent.data(),
                    intent.nonce(),
                    intent.deadline(),
                    now
                  };
                })
            .toList());
  }

  /**
   * An intent as an agent hands it over.
   *
   * @param instead the stored signature that this one takes the place of, which is not good any
   *     more; empty: a signature that is stored stays
   */
  public record Handed(Hash id, Intent intent, Bytes signature, Optional<Bytes> instead) {
    public Handed(Hash id, Intent intent, Bytes signature) {
      this(id, intent, signature, Optional.empty());
    }
  }

  /**
   * What became of intents that were handed over.
   *
   * @param added of these nothing was known
   * @param rivals these were not stored: another intent that is being submitted holds their nonce,
   *     and, unless it was over by then, which
   */
  public record Intake(Set<Hash> added, Map<Hash, Optional<Hash>> rivals) {}

  private record Nonce(BigInteger agentId, BigInteger nonce) {
    static Nonce of(Intent intent) {
      return new Nonce(intent.agentId(), intent.nonce());
    }
  }

  /**
   * Stores intents that were handed to this relayer, and opens the work of submitting each that is
   * new here, had no signature, or comes with one in the place of the one that is stored. Of
   * several under one nonce of an agent only the first is stored, as long as its work is open: a
   * unique index sees to it, whoever takes them.
   *
   * @param all each id once
   */
  public static Intake takeAll(Tx tx, long home, List<Handed> all, Instant now) {
    return takeAll(tx, home, all, now, now);
  }

  /**
   * As {@link #takeAll(Tx, long, List, Instant)}.
   *
   * @param due when the work begins
   */
  public static Intake takeAll(Tx tx, long home, List<Handed> all, Instant now, Instant due) {
    List<Intent> intents = all.stream().map(Handed::intent).toList();
    Set<Hash> added = new LinkedHashSet<>();
    Set<Hash> left = new LinkedHashSet<>();
    tx.list(
        """
        WITH handed AS MATERIALIZED (
          SELECT * FROM unnest(?::bytea[], ?::numeric[], ?::bytea[], ?::numeric[], ?::bytea[], ?::bytea[], ?::numeric[],
                               ?::bytea[], ?::numeric[], ?::numeric[], ?::bytea[], ?::bytea[]) WITH ORDINALITY
              AS h (intent_id, agent_id, account, chain_id, asset, recipient, amount, data, nonce, deadline, signature, instead, place)
           -- each looked up for itself, here and below: a join may come to read the whole table
           WHERE (SELECT i.signature FROM intent i WHERE i.intent_id = h.intent_id) IS NOT DISTINCT FROM h.instead),
        again AS ( -- with another signature, while it is being submitted
          UPDATE task SET not_before = ?, attempts = 0
           WHERE kind = 'SUBMIT' AND chain_id = ? AND subject = ANY (ARRAY (SELECT intent_id FROM handed))
          RETURNING subject),
        opened AS (
          INSERT INTO task (kind, chain_id, subject, agent_id, nonce, not_before, created_at)
          SELECT 'SUBMIT', ?, intent_id, agent_id, nonce, ?, ? FROM handed
           WHERE intent_id NOT IN (SELECT subject FROM again)
           ORDER BY agent_id, nonce, place -- two that come with the same ones take their turns
          ON CONFLICT DO NOTHING
          RETURNING subject),
        stored AS (
          INSERT INTO intent
            (intent_id, agent_id, account, chain_id, asset, recipient, amount, data, nonce, deadline, signature, received_at)
          SELECT intent_id, agent_id, account, chain_id, asset, recipient, amount, data, nonce, deadline, signature, ? FROM handed
           WHERE intent_id IN (SELECT subject FROM again UNION ALL SELECT subject FROM opened)
           ORDER BY intent_id
          ON CONFLICT (intent_id) DO UPDATE SET signature = excluded.signature
          RETURNING intent_id, xmax = 0 AS added)
        SELECT intent_id, added FROM handed LEFT JOIN stored USING (intent_id) ORDER BY place
        """,
        row -> {
          Hash id = row.hash("intent_id");
          return row.optionalFlag("added")
              .map(isNew -> isNew && added.add(id))
              .orElseGet(() -> left.add(id));
        },
        column("bytea", all, Handed::id),
        column("numeric", intents, Intent::agentId),
        column("bytea", intents, Intent::account),
        column("numeric", intents, Intent::chainId),
        column("bytea", intents, Intent::asset),
        column("bytea", intents, Intent::to),
        column("numeric", intents, Intent::amount),
        column("bytea", intents, Intent::data),
        column("numeric", intents, Intent::nonce),
        column("numeric", intents, Intent::deadline),
        column("bytea", all, Handed::signature),
        column("bytea", all, handed -> handed.instead().orElse(null)),
        due,
        home,
        home,
        due,
        now,
        now);
    return new Intake(added, rivals(tx, all, left));
  }

  /**
   * Who holds the nonces of these. Asked anew: what another instance stored meanwhile was not seen
   * before, and may be the very same intent.
   */
  private static Map<Hash, Optional<Hash>> rivals(Tx tx, List<Handed> all, Set<Hash> left) {
    if (left.isEmpty()) return Map.of();
    List<Handed> without = all.stream().filter(h -> left.contains(h.id())).toList();
    List<Intent> intents = without.stream().map(Handed::intent).toList();
    Map<Nonce, Hash> holders = new HashMap<>();
    tx.list(
        """
        SELECT n.agent_id, n.nonce, t.subject FROM unnest(?::numeric[], ?::numeric[]) AS n (agent_id, nonce)
         CROSS JOIN LATERAL (
           SELECT subject FROM task WHERE agent_id = n.agent_id AND nonce = n.nonce LIMIT 1) t
        """,
        row -> holders.put(new Nonce(row.big("agent_id"), row.big("nonce")), row.hash("subject")),
        column("numeric", intents, Intent::agentId),
        column("numeric", intents, Intent::nonce));
    Map<Hash, Optional<Hash>> rivals = new HashMap<>();
    for (Handed each : without) {
      Optional<Hash> holder = Optional.ofNullable(holders.get(Nonce.of(each.intent())));
      if (holder.filter(each.id()::equals).isEmpty()) rivals.put(each.id(), holder);
    }
    return rivals;
  }

  private static <T> Tx.Column column(String type, List<T> rows, Function<T, ?> value) {
    return Tx.column(type, rows.stream().map(value).toList());
  }

  /** Those of them that are stored, by id. */
  public static Map<Hash, StoredIntent> of(Tx tx, Collection<Hash> ids) {
    return tx
        .list(
            "SELECT * FROM intent WHERE intent_id = ANY (?)",
            StoredIntent::read,
            Tx.column("bytea", List.copyOf(ids)))
        .stream()
        .collect(Collectors.toMap(StoredIntent::id, Function.identity()));
  }

  /** Those of them that are stored. */
  public static Set<Hash> known(Tx tx, Collection<Hash> ids) {
    return Set.copyOf(
        tx.list(
            "SELECT intent_id FROM intent WHERE intent_id = ANY (?)",
            row -> row.hash("intent_id"),
            Tx.column("bytea", List.copyOf(ids))));
  }

  /** The chains on which those of them are to be executed that are stored. */
  public static Set<Long> destinations(Tx tx, Collection<Hash> ids) {
    return of(tx, ids).values().stream()
        .map(stored -> stored.intent().chainId())
        .filter(chain -> chain.bitLength() < Long.SIZE)
        .map(BigInteger::longValue)
        .collect(Collectors.toSet());
  }

  public static Optional<StoredIntent> of(Tx tx, Hash id) {
    return tx.one("SELECT * FROM intent WHERE intent_id = ?", StoredIntent::read, id);
  }

  /**
   * Newest first, those that arrived before {@code before}.
   *
   * @param state only such as may be in that state: the caller looks closer
   */
  public static List<StoredIntent> page(
      Tx tx,
      Optional<BigInteger> agentId,
      Optional<String> state,
      Optional<Long> before,
      int limit) {
    return tx.list(
        """
        SELECT i.* FROM intent i
         WHERE i.agent_id = coalesce(?::numeric, i.agent_id) AND i.number < coalesce(?::bigint, 9223372036854775807) AND
        """
            + state.map(StoredIntent::mayBe).orElse("true")
            + " ORDER BY i.number DESC LIMIT ?",
        StoredIntent::read,
        agentId,
        before,
        limit);
  }

  private static String mayBe(String state) {
    String known =
        "EXISTS (SELECT 1 FROM event e WHERE e.subject = i.intent_id AND e.kind IN (%s))";
    return switch (state) {
      case "RECEIVED", "SUBMITTED", "PARKED" ->
          "NOT EXISTS (SELECT 1 FROM event e WHERE e.subject = i.intent_id)";
      case "SUPERSEDED" -> "i.superseded_by IS NOT NULL";
      case "EXPIRED" -> "(i.lapsed OR " + known.formatted("'EXPIRED'") + ")";
      case "QUEUED" -> known.formatted("'QUEUED', 'UPHELD'");
      case "EXECUTED" -> known.formatted("'EXECUTED', 'PAID'");
      case "DENIED" -> known.formatted("'DENIED', 'REFUSED'");
      default -> known.formatted("'" + EventKind.valueOf(state).name() + "'");
    };
  }

  public static void lapse(Tx tx, Hash id) {
    tx.update("UPDATE intent SET lapsed = true WHERE intent_id = ?", id);
  }

  /** As {@link #lapse(Tx, Hash)}, each of them. */
  public static void lapse(Tx tx, List<Hash> ids) {
    tx.update("UPDATE intent SET lapsed = true WHERE intent_id = ANY (?)", Tx.column("bytea", ids));
  }

  /**
   * Takes back that intents lapsed at or after a time, which blocks said that are gone.
   *
   * @return which
   */
  public static List<Hash> unlapse(Tx tx, Instant since) {
    return tx.list(
        "UPDATE intent SET lapsed = false WHERE lapsed AND deadline >= ? RETURNING intent_id",
        row -> row.hash("intent_id"),
        since.getEpochSecond());
  }

  /**
   * Another intent used the nonce.
   *
   * @param by which, of each of them
   */
  public static void supersede(Tx tx, Map<Hash, Hash> by) {
    List<Map.Entry<Hash, Hash>> entries = List.copyOf(by.entrySet());
    tx.update(
        """
        UPDATE intent i SET superseded_by = s.rival FROM unnest(?::bytea[], ?::bytea[]) AS s (intent_id, rival)
         WHERE i.intent_id = s.intent_id
        """,
        column("bytea", entries, Map.Entry::getKey),
        column("bytea", entries, Map.Entry::getValue));
  }

  /**
   * Takes back that intents were superseded by these, of which blocks told that are gone.
   *
   * @return which
   */
  public static List<Hash> unsupersede(Tx tx, Collection<Hash> by) {
    return tx.list(
        "UPDATE intent SET superseded_by = NULL WHERE superseded_by = ANY (?) RETURNING intent_id",
        row -> row.hash("intent_id"),
        Tx.column("bytea", List.copyOf(by)));
  }

  /**
   * Opens the work of submitting an intent that is stored, once more. It holds its nonce unless
   * another one does: which of them the chain takes then shows.
   */
  public static void reopen(Tx tx, long home, Hash id, Instant now) {
    tx.update(
        """
        INSERT INTO task (kind, chain_id, subject, agent_id, nonce, not_before, created_at)
        SELECT 'SUBMIT', ?, i.intent_id, i.agent_id,
               CASE WHEN NOT EXISTS (SELECT 1 FROM task t WHERE t.agent_id = i.agent_id AND t.nonce = i.nonce)
                    THEN i.nonce END, ?, ?
          FROM intent i WHERE i.intent_id = ?
        ON CONFLICT (kind, chain_id, subject) DO UPDATE SET not_before = excluded.not_before, attempts = 0
        """,
        home,
        now,
        now,
        id);
  }

  static StoredIntent read(Row row) throws SQLException {
    Intent intent =
        new Intent(
            row.big("agent_id"),
            row.address("account"),
            row.big("chain_id"),
            row.address("asset"),
            row.address("recipient"),
            row.big("amount"),
            row.bytes("data"),
            row.big("nonce"),
            row.big("deadline"));
    return new StoredIntent(
        row.hash("intent_id"),
        intent,
        row.optionalBytes("signature"),
        row.time("received_at"),
        row.number("number"),
        row.flag("lapsed"),
        row.optionalHash("superseded_by"));
  }
}
