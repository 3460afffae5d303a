package org.mandate.model;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * How much of the world is looked at: who takes part, how often, how long everything takes in ticks
 * of the clock. Made by the named ones, and changed before use only.
 */
final class Scope implements Cloneable {
  /** Most that home counts at a time, in intents. */
  int cap = 1;

  int intents = 1;

  /** Messages that home sends at most. */
  int nonces = 3;

  /**
   * Messages that home never sent, which a lying quorum delivers at most, and had it not vanished.
   */
  int forgeries = 1;

  /** Last tick at which an intent may do anything. */
  int deadline = 6;

  /** Last tick at which the agent submits. */
  int submitBy = 6;

  /** Dispute window when all relayers signed. */
  int fullWindow = 2;

  /** Dispute window when just a quorum signed. */
  int bareWindow = 3;

  int resolutionWindow = 2;
  int resultWindow = 2;
  int pause = 2;
  int overlap = 1;

  /** Ticks after which everything is final. */
  int finality = 0;

  /** Reorgs that cross a tick, of each chain. Within a tick there is no bound. */
  int reorgs = 0;

  int relayers = 3;
  int threshold = 2;
  int liarsBefore = 2;
  int liarsAfter = 0;
  boolean rotation = false;
  boolean watchdog = true;
  boolean rogue = true;
  boolean proofs = true;
  boolean delays = false;
  boolean failures = false;
  boolean bonds = false;
  boolean pauses = false;
  boolean gateways = false;

  /** Governance lifts pauses and arms guardians again. */
  boolean governance = false;

  /** Whoever sees that a dispute is wrong proves it in time. */
  boolean provers = false;

  /** Nobody lets a tick pass with something undone that anyone may do. */
  boolean diligent = false;

  final String name;
  final String words;
  private Set<Flaw> flaws = EnumSet.noneOf(Flaw.class);

  private Scope(String name, String words) {
    this.name = name;
    this.words = words;
  }

  /** The same scope with wrong rules. */
  Scope with(Flaw flaw) {
    try {
      var copy = (Scope) clone();
      copy.flaws = EnumSet.copyOf(flaws);
      copy.flaws.add(flaw);
      return copy;
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }

  boolean has(Flaw flaw) {
    return flaws.contains(flaw);
  }

  @Override
  public String toString() {
    return name;
  }

  // ------------------------------------------------------------------ named ones

  static Scope life() {
    var s =
        new Scope(
            "life",
            "one intent, a quorum that lies, a rogue guardian, strangers' bonds, failing payments,"
                + " delays");
    s.delays = true;
    s.failures = true;
    s.bonds = true;
    return s;
  }

  static Scope reorgs() {
    var s =
        new Scope(
            "reorgs",
            "one intent, a quorum that lies, a rogue guardian, a reorg of each chain across a"
                + " tick");
    s.finality = 1;
    s.reorgs = 1;
    s.bareWindow = s.fullWindow;
    s.deadline = 4;
    s.submitBy = 1;
    s.provers = true;
    return s;
  }

  static Scope two() {
    var s =
        new Scope(
            "two",
            "two intents of which the cap admits one at a time, a quorum that lies, no rogue"
                + " guardian");
    s.intents = 2;
    s.nonces = 3;
    s.rogue = false;
    s.deadline = 3;
    s.submitBy = 2;
    s.bareWindow = 2;
    return s;
  }

  static Scope proven() {
    var s =
        new Scope(
            "proven",
            "one intent, forged twice, and whoever is wronged proves it: no dispute lasts");
    s.provers = true;
    s.forgeries = 2;
    s.nonces = 4;
    s.deadline = 4;
    s.submitBy = 4;
    return s;
  }

  static Scope unproven() {
    var s =
        new Scope(
            "unproven", "one intent, no state proofs: governance and time alone end disputes");
    s.proofs = false;
    s.governance = true;
    return s;
  }

  static Scope rogue() {
    var s =
        new Scope(
            "rogue",
            "honest relayers, everybody does at once what he may, a rogue guardian does all he"
                + " can");
    s.liarsBefore = 0;
    s.forgeries = 0;
    s.nonces = 2;
    s.submitBy = 1;
    s.pause = 3;
    s.deadline = s.submitBy + s.bareWindow + s.pause;
    s.diligent = true;
    s.pauses = true;
    return s;
  }

  static Scope honest() {
    var s = new Scope("honest", "honest relayers and nobody who watches, reorgs of both chains");
    s.liarsBefore = 0;
    s.forgeries = 0;
    s.nonces = 2;
    s.watchdog = false;
    s.rogue = false;
    s.finality = 1;
    s.reorgs = 1;
    return s;
  }

  static Scope rotation() {
    var s =
        new Scope(
            "rotation",
            "relayers who lie are voted out, with overlap; guardians tighten and close the"
                + " gateway");
    s.rotation = true;
    s.gateways = true;
    s.nonces = 4;
    s.bareWindow = s.fullWindow;
    s.deadline = 4;
    s.submitBy = 1;
    return s;
  }

  static Scope closing() {
    var s =
        new Scope(
            "closing",
            "one intent, forged twice; a guardian closes the gateway, governance opens it again");
    s.gateways = true;
    s.forgeries = 2;
    s.nonces = 5;
    s.bareWindow = s.fullWindow;
    s.deadline = 4;
    s.submitBy = 1;
    return s;
  }

  static Scope minorities() {
    var s =
        new Scope(
            "minorities",
            "one relayer of each of two overlapping sets lies: no quorum of one set does");
    s.rotation = true;
    s.liarsBefore = 1;
    s.liarsAfter = 1;
    s.overlap = 2;
    s.watchdog = false;
    return s;
  }

  /** As {@link #two}, with a rogue guardian, for longer. */
  static Scope large() {
    var s =
        new Scope(
            "large",
            "two intents of which the cap admits one at a time, a quorum that lies, a rogue"
                + " guardian");
    s.intents = 2;
    s.deadline = 5;
    s.submitBy = 5;
    s.bareWindow = s.fullWindow;
    return s;
  }

  /** As {@link #reorgs}, with windows of more than one length, for longer. */
  static Scope deep() {
    var s = new Scope("deep", "as reorgs, with stripped signatures and longer windows");
    s.finality = 1;
    s.reorgs = 1;
    s.fullWindow = 3;
    s.bareWindow = 4;
    s.resolutionWindow = 3;
    s.resultWindow = 3;
    s.deadline = 7;
    s.submitBy = 2;
    s.provers = true;
    return s;
  }

  /** For walks that the contracts made: three sign anything, the others nothing, nobody watches. */
  static Scope trace() {
    var s = new Scope("trace", "everything, as told by the contracts");
    s.relayers = 2;
    s.threshold = 3;
    s.liarsBefore = 3;
    s.watchdog = false;
    return s;
  }

  static List<Scope> small() {
    return List.of(
        life(),
        reorgs(),
        two(),
        proven(),
        unproven(),
        rogue(),
        honest(),
        rotation(),
        closing(),
        minorities());
  }

  static List<Scope> all() {
    var all = new ArrayList<>(small());
    all.add(deep());
    all.add(large());
    return all;
  }
}
