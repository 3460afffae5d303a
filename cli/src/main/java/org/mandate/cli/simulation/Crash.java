package org.mandate.cli.simulation;

/**
 * The process of a relayer ended here. An error of the virtual machine, since nothing in a relayer
 * goes on after one.
 */
final class Crash extends InternalError {
  private static final long serialVersionUID = 1L;

  Crash(String name) {
    super(name + " is gone");
  }
}
