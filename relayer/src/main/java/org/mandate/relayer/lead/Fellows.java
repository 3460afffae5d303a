package org.mandate.relayer.lead;

/** What the workflows ask of the processes that share their database. */
public interface Fellows {
  /** This process, by which its claims are told from others'. */
  String id();

  /**
   * A line of work.
   *
   * @throws IllegalArgumentException when none has that name
   */
  Line line(String name);

  /** There are none: this process leads everything, without leases. */
  static Fellows none() {
    return new Fellows() {
      @Override
      public String id() {
        return "alone";
      }

      @Override
      public Line line(String name) {
        return Line.alone(name);
      }
    };
  }
}
