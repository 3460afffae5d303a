package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.relayer.Bell;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.send.Desk;
import org.mandate.relayer.send.FeeLimit;
import org.mandate.relayer.send.FeePolicy;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.TransactionRow.Purpose;
import org.mandate.testing.Anvil;

/** A contract of somebody else that burns gas, on a real chain. */
class GasCeilingTest {
  private static final Address BURNER = new Address("0x" + "b5".repeat(20));
  private static final Hash SUBJECT = Hash.keccak("subject");
  private static final int GAS_PER_TURN = 26;

  @TempDir static Path directory;
  private static Anvil anvil;
  private static EmbeddedServer server;
  private static Database database;
  private static Workplace place;

  @BeforeAll
  static void start() {
    anvil = Anvil.start(1);
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    SeveralNodes node = new SeveralNodes(List.of(anvil.client()));
    FollowedChain chain =
        new FollowedChain(
            1, node, Finality.of("finalized"), 0, 1, BURNER, BURNER, BURNER, BURNER, BURNER);
    Desk desk =
        new Desk(
            chain,
            database,
            FeePolicy.upTo(FeeLimit.ofGwei(500, 50)),
            Anvil.RICH,
            new SigningGate(),
            new Bell(),
            Clock.systemUTC());
    place = new Workplace(chain, desk, database, Duration.ofSeconds(1), Clock.systemUTC());
  }

  @AfterAll
  static void stop() {
    database.close();
    server.close();
    anvil.close();
  }

  @ParameterizedTest
  @EnumSource(Purpose.class)
  void shouldPayUpToThePurposesCeilingAndNotMore(Purpose purpose) {
    burn(purpose.mostGas() - 60_000);
    Decision.Send send = assertInstanceOf(Decision.Send.class, attempt(purpose));
    assertTrue(send.gas() > purpose.mostGas() - 61_000, "it does burn: " + send.gas());
    burn(purpose.mostGas() + 10_000);
    Decision.Blocked blocked = assertInstanceOf(Decision.Blocked.class, attempt(purpose));
    assertEquals("GAS", blocked.why().rule());
    assertTrue(
        blocked.why().message().contains(Long.toString(purpose.mostGas())),
        blocked.why().message());
  }

  @Test
  void shouldPayLessForWhatAnybodyCanCause() {
    for (Purpose cheap : List.of(Purpose.EXPIRE, Purpose.RESOLVE, Purpose.PUBLISH)) {
      burn(1_500_000);
      assertInstanceOf(Decision.Blocked.class, attempt(cheap));
    }
    assertInstanceOf(Decision.Send.class, attempt(Purpose.EXECUTE));
  }

  private static Decision attempt(Purpose purpose) {
    return place.attempt(purpose, SUBJECT, new ContractCalls.Call(BURNER, Bytes.EMPTY));
  }

  /** A loop that counts down: PUSH3 n, JUMPDEST, n - 1, again unless 0. */
  private static void burn(long gas) {
    long turns = (gas - 21_000) / GAS_PER_TURN;
    anvil.rpc("anvil_setCode", BURNER.hex(), "0x62%06x5b6001900380600457".formatted(turns));
  }
}
