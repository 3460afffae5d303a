package org.mandate.cli.simulation;

/**
 * How often what goes wrong, of a thousand times each.
 *
 * @param refused a node that does not answer, at once
 * @param slow one that does not answer in time
 * @param lostAnswer one that does, and nobody hears it
 * @param lostSend one that takes a transaction and forgets it
 * @param twice one that is sent a transaction twice
 * @param lag a node that falls behind, for a while
 * @param connection a database that takes no connection
 * @param abort a transaction of the database that is not committed
 * @param lostCommit one that is, and nobody hears it
 * @param peer a peer that does not answer
 * @param reorg a block that takes others' place
 * @param crash a step of the script at which a relayer is to crash soon
 * @param fees a block from which on blocks are too dear for a while
 */
record Faults(
    int refused,
    int slow,
    int lostAnswer,
    int lostSend,
    int twice,
    int lag,
    int connection,
    int abort,
    int lostCommit,
    int peer,
    int reorg,
    int crash,
    int fees) {
  static final Faults NONE = new Faults(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  static final Faults USUAL = new Faults(15, 2, 10, 60, 60, 2, 2, 4, 4, 100, 12, 4, 4);
}
