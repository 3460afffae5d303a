package org.mandate.cli.order;

import org.mandate.cli.Group;
import picocli.CommandLine.Command;

/** What home's vote orders on the chains that it governs. */
@Command(
    name = "order",
    description = {
      "Order on other chains what home's vote decides, and look after what was ordered.",
      "An order is carried by relayers and waits for days: a guardian vetoes what home never sent,"
          + " and a proof of",
      "home's storage decides over a veto. Then anybody executes it."
    },
    subcommands = {
      Propose.class,
      Show.class,
      Veto.class,
      Confirm.class,
      Refute.class,
      Execute.class,
      Cancel.class
    })
public final class OrderCommand extends Group {}
