package org.mandate.watchdog;

/** How soon a person must look. */
public enum Severity {
  /** For the record. */
  INFO,
  /** Today. */
  WARNING,
  /** Now: value may be moving. */
  CRITICAL
}
