package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mandate.chain.Address;
import org.mandate.policy.Rule;
import org.mandate.policy.Tier;
import org.mandate.policy.Verdict;

/** Every rule's refusal, as people and programs read it. */
class VerdictWordsTest {
  private static final BigInteger LIMIT = BigInteger.valueOf(70_001);
  private static final BigInteger LEFT = BigInteger.valueOf(30_003);
  private static final long TIME = 1_800_000_000;

  /** Rules whose limit is a number; of an expiry, it is the time. */
  private static final Set<Rule> NUMBERS =
      EnumSet.of(Rule.PER_TRANSACTION, Rule.WINDOW, Rule.FREQUENCY, Rule.AUDIT_LAG, Rule.EXPIRY);

  @ParameterizedTest
  @EnumSource(value = Rule.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void L12_shouldSayRuleLimitRestTimeAndWhatToDo(Rule rule) {
    JsonObject words = VerdictWords.refusal(denial(rule, false, TIME)).json();
    assertEquals(rule.name(), words.getString("rule"));
    if (NUMBERS.contains(rule)) {
      assertEquals(LIMIT.toString(), words.getString("limit"));
      assertEquals(LEFT.toString(), words.getString("left"));
    }
    assertEquals(Long.toString(TIME), words.getString("availableAt"));
    assertTrue(
        words.getString("message").contains(Instant.ofEpochSecond(TIME).toString()),
        words.encode());
    assertFalse(words.getString("next").isBlank(), words.encode());
  }

  @ParameterizedTest
  @EnumSource(
      value = Rule.class,
      names = {"PER_TRANSACTION", "WINDOW"})
  void L12_shouldSayInWordsWhatIsLeftOfTheLimit(Rule rule) {
    String message = VerdictWords.message(denial(rule, false, 0));
    assertTrue(message.contains(LIMIT.toString()) && message.contains(LEFT.toString()), message);
  }

  @Test
  void L12_shouldSayOfWhatWaitedThatItWasAdmittedOnceAndThatNothingWasFrozen() {
    Refusal refusal = VerdictWords.refusalOfWaiting(denial(Rule.PER_TRANSACTION, true, 0));
    assertEquals("PER_TRANSACTION", refusal.rule());
    assertEquals(LIMIT.toString(), refusal.limit().orElseThrow());
    assertEquals(LEFT.toString(), refusal.left().orElseThrow());
    assertTrue(refusal.message().contains("does not any more"), refusal.message());
    assertFalse((refusal.message() + refusal.next()).contains("froze"), refusal.toString());
    assertTrue(refusal.next().contains("until the intent's deadline"), refusal.next());
  }

  @ParameterizedTest
  @EnumSource(value = Rule.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void L12_shouldSayThatTheAgentIsFrozenAndWhoThawsIt(Rule rule) {
    Verdict tripped = denial(rule, true, 0);
    assertTrue(VerdictWords.message(tripped).contains("froze the agent"));
    assertTrue(VerdictWords.next(tripped).contains("until governance thaws it"));
    assertFalse(VerdictWords.message(denial(rule, false, 0)).contains("froze the agent"));
  }

  @Test
  void L12_shouldHaveOtherWordsForEveryRule() {
    Set<String> messages =
        EnumSet.allOf(Rule.class).stream()
            .map(rule -> VerdictWords.message(denial(rule, false, 0)))
            .collect(Collectors.toSet());
    assertEquals(Rule.values().length, messages.size());
  }

  private static Verdict denial(Rule rule, boolean tripped, long availableAt) {
    return new Verdict(rule, tripped, Tier.INSTANT, 0, LIMIT, LEFT, availableAt, Address.ZERO);
  }
}
