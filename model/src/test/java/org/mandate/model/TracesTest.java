package org.mandate.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The model does what the contracts do: their walks (scripts/model-traces) are walked again. What
 * they did the model does, with everything in the same state afterwards; what they refused it
 * refuses.
 */
class TracesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void L2_L3_L7_shouldDoAndRefuseWhatTheContractsDoAndRefuse() throws IOException {
    Set<Action> done = EnumSet.noneOf(Action.class);
    Set<Action> refused = EnumSet.noneOf(Action.class);
    int lines = 0;
    Walk walk = null;
    for (String line : lines()) {
      lines++;
      var node = JSON.readTree(line);
      if (node.has("walk")) {
        walk = new Walk(node.get("walk"));
        continue;
      }
      var action = walk.take(node, "line " + lines + ": " + line);
      (node.get("ok").booleanValue() ? done : refused).add(action);
    }
    assertTrue(lines > 3_000, () -> "hardly any walks");
    // Each thing that the contracts' walks can do happened; and so did its refusal, where there is
    // one.
    assertEquals(
        EnumSet.complementOf(
            EnumSet.of(
                Action.ADMIT,
                Action.PROCEED,
                Action.EXPIRE_HOME,
                Action.FINALIZE,
                Action.FINALIZE_HOME,
                Action.REORG,
                Action.REORG_HOME)),
        done);
    assertTrue(
        refused.containsAll(
            EnumSet.of(
                Action.SUBMIT,
                Action.RESEND,
                Action.DELIVER,
                Action.DELIVER_RESULT,
                Action.SETTLE,
                Action.DROP_RESULT,
                Action.EXECUTE,
                Action.DISPUTE,
                Action.DISPUTE_BONDED,
                Action.UPHOLD,
                Action.RESOLVE,
                Action.CONFIRM,
                Action.REFUTE,
                Action.HASTEN,
                Action.EXPIRE,
                Action.PAUSE,
                Action.PAUSE_HOME)),
        refused::toString);
  }

  /** A walk that is altered in one place is not the model's any more: the comparison compares. */
  @Test
  void shouldNoticeAWalkThatTheContractsDidNotWalk() throws IOException {
    int noticed = 0;
    int tried = 0;
    for (int at = 0; at < 400; at += 7) {
      var lines = new ArrayList<>(lines().subList(0, 420));
      String line = lines.get(at);
      if (line.contains("walk") || line.contains("\"tick\"")) continue;
      // Of what was done, that it was refused; of what was refused, that it was done and changed
      // nothing.
      boolean ok = line.contains("\"ok\":true");
      if (!ok) continue;
      lines.set(at, line.replaceAll("\"ok\":true.*", "\"ok\":false}"));
      tried++;
      if (differs(lines)) noticed++;
    }
    assertTrue(tried > 5, "tried");
    assertEquals(tried, noticed);
  }

  private static boolean differs(List<String> lines) throws IOException {
    Walk walk = null;
    try {
      for (String line : lines) {
        var node = JSON.readTree(line);
        if (node.has("walk")) walk = new Walk(node.get("walk"));
        else walk.take(node, line);
      }
      return false;
    } catch (AssertionError e) {
      return true;
    }
  }

  private static List<String> lines() throws IOException {
    try (var in = TracesTest.class.getResourceAsStream("/traces.jsonl")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  /** One walk, step by step. Whatever happens is final at once, as it is for the contracts. */
  private static final class Walk {
    private final Scope scope = Scope.trace();
    private final Rules rules;
    private final World world;
    private int ticks;

    Walk(JsonNode header) {
      scope.intents = header.get("intents").intValue();
      scope.cap = scope.intents;
      scope.nonces = header.get("messages").intValue();
      scope.forgeries = scope.nonces;
      scope.deadline = header.get("deadline").intValue();
      scope.submitBy = scope.deadline;
      scope.fullWindow = header.get("fullWindow").intValue();
      scope.bareWindow = header.get("bareWindow").intValue();
      scope.resolutionWindow = header.get("resolutionWindow").intValue();
      scope.resultWindow = header.get("resultWindow").intValue();
      scope.pause = header.get("pause").intValue();
      scope.overlap = header.get("overlap").intValue();
      rules = new Rules(scope);
      world = new World(new World.Layout(scope));
    }

    Action take(JsonNode line, String where) {
      var action = action(line);
      int intent = line.path("intent").intValue() - 1;
      int number =
          action == Action.DELIVER_RESULT
              ? line.get("result").textValue().equals("moved") ? World.MOVED : World.UNMOVED
              : line.path("message").intValue();
      boolean full = line.path("signatures").intValue() == 3;
      int step = Rules.step(action, Math.max(0, intent), number, full);
      boolean ok = line.get("ok").booleanValue();
      assertEquals(ok, rules.enabled(world, step), () -> where + "\nbut the model is at " + world);
      if (!ok) return action;
      rules.apply(world, step); // whether it breaks a law is not asked: nobody watches here
      world.makeFinal(0);
      world.makeFinal(1);
      if (action == Action.TICK) ticks++;
      if (action == Action.SETTLE) {
        assertEquals(
            line.get("refunded").booleanValue(), world.home(intent, World.H_COUNTED) == 0, where);
      }
      for (int i = 0; i < scope.intents; i++) {
        compareHome(i, line.get("home").get(i), where);
        compareThere(i, line.get("there").get(i), where);
      }
      return action;
    }

    private static Action action(JsonNode line) {
      boolean home = line.path("at").asText().equals("home");
      return switch (line.get("do").textValue()) {
        case "submit" -> Action.SUBMIT;
        case "cancel" -> Action.CANCEL;
        case "resend" -> Action.RESEND;
        case "settle" -> Action.SETTLE;
        case "dropResult" -> Action.DROP_RESULT;
        case "deliver" -> home ? Action.DELIVER_RESULT : Action.DELIVER;
        case "expire" -> home ? Action.EXPIRE_HOME : Action.EXPIRE;
        case "pause" -> home ? Action.PAUSE_HOME : Action.PAUSE;
        case "unpause" -> home ? Action.UNPAUSE_HOME : Action.UNPAUSE;
        case "rearm" -> home ? Action.REARM_HOME : Action.REARM;
        case "hasten" -> Action.HASTEN;
        case "execute" -> Action.EXECUTE;
        case "executeMany" -> Action.EXECUTE_FAILS;
        case "dispute" -> line.has("bond") ? Action.DISPUTE_BONDED : Action.DISPUTE;
        case "uphold" -> Action.UPHOLD;
        case "resolve" -> Action.RESOLVE;
        case "report" -> Action.REPORT;
        case "confirm" -> Action.CONFIRM;
        case "refute" -> Action.REFUTE;
        case "closeGateway" -> Action.CLOSE_GATEWAY;
        case "setGateway" -> Action.SET_GATEWAY;
        case "setRelayers" -> Action.SET_RELAYERS;
        case "tightenRelayers" -> Action.TIGHTEN_RELAYERS;
        case "endOverlap" -> Action.END_OVERLAP;
        case "tick" -> Action.TICK;
        default -> throw new AssertionError("no such action: " + line);
      };
    }

    /** The state; while a result waits, what it says and the tick at which it may be settled. */
    private void compareHome(int i, JsonNode told, String where) {
      assertEquals(name(told), world.homeState(i), where);
      boolean waits = world.home(i, World.H_RESULT) != World.NO_RESULT;
      assertEquals(told.isArray(), waits, where);
      if (!waits) return;
      assertEquals(
          told.get(1).textValue(),
          world.home(i, World.H_RESULT) == World.MOVED ? "moved" : "unmoved",
          where);
      assertEquals(left(told.get(2).intValue()), world.home(i, World.H_DUE), where);
    }

    /** The state; of what waits also until which tick, whether for good, and whether it failed. */
    private void compareThere(int i, JsonNode told, String where) {
      assertEquals(name(told), world.thereState(i), where);
      if (!told.isArray()) return;
      // A dispute is over when the tick until which it lasts is.
      int over = told.get(1).intValue() + (world.there(i, World.D_STATE) == World.DISPUTED ? 1 : 0);
      assertEquals(left(over), world.there(i, World.D_DUE), where);
      assertEquals(told.get(2).booleanValue(), world.there(i, World.D_UPHELD) == 1, where);
      assertEquals(told.get(3).booleanValue(), world.there(i, World.D_FAILED) == 1, where);
    }

    private int left(int tick) {
      return Math.max(0, tick - ticks);
    }

    private static String name(JsonNode told) {
      return (told.isArray() ? told.get(0) : told).textValue();
    }
  }
}
