package org.mandate.deploy;

import java.math.BigInteger;
import java.util.List;

/** The roles of the AccessManager. */
public final class Role {
  /** The AccessManager's own admin role. */
  public static final BigInteger ADMIN = BigInteger.ZERO;

  /** May dispute, freeze, suspend and tighten. */
  public static final BigInteger GUARDIAN = BigInteger.ONE;

  /** May publish audit batches. */
  public static final BigInteger PUBLISHER = BigInteger.TWO;

  /** May post the hashes of home's blocks. */
  public static final BigInteger ORACLE = BigInteger.valueOf(3);

  /** Everybody, since ever. */
  static final BigInteger PUBLIC = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  private static final List<String> NAMES = List.of("ADMIN", "GUARDIAN", "PUBLISHER", "ORACLE");

  private Role() {}

  /** For people; a role that this project does not know has its number. */
  public static String name(BigInteger role) {
    if (role.equals(PUBLIC)) {
      return "PUBLIC";
    }
    return role.compareTo(ORACLE) <= 0 ? NAMES.get(role.intValueExact()) : "role " + role;
  }
}
