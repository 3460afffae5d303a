package org.mandate.relayer.store;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mandate.audit.BlobStoreUnavailableException;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.relayer.Trap;

/**
 * Every write that the catalogue of failpoints names, made with whatever arguments by whoever led
 * before: none is stored. The catalogue itself is complete ({@link FailpointCatalogueTest}).
 */
class FencedWritesTest {
  private static final String LINE = "send-1";
  private static final Hash HASH = Hash.keccak("anything");
  private static final Address ADDRESS = new Address("0x" + "11".repeat(20));
  private static final Duration LONG = Duration.ofHours(1);

  @TempDir private static Path directory;
  private static EmbeddedServer server;
  private static Database database;
  private static Database former;

  @BeforeAll
  static void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    database.run(
        tx -> {
          ChainRow.register(tx, 1, ADDRESS, ADDRESS);
          // What became final is there to be looked at.
          tx.update("UPDATE chain SET finalized = 5 WHERE chain_id = 1");
          Lease.open(tx, List.of(LINE));
        });
    former = database.fenced(take("former"));
    take("present");
  }

  private static Lease take(String holder) {
    return database
        .inTransaction(tx -> Lease.take(tx, holder, List.of(LINE), Duration.ZERO, 1, Duration.ZERO))
        .getFirst();
  }

  @AfterAll
  static void stop() {
    database.close();
    server.close();
  }

  /** Class and method of each. */
  private static Stream<String> writes() {
    String before = "before-commit/";
    return Trap.all().stream()
        .filter(point -> point.startsWith(before))
        .map(point -> point.substring(before.length()));
  }

  @ParameterizedTest
  @MethodSource("writes")
  void L9_shouldRefuseTheWriteOfAFormerEpoch(String write) throws Exception {
    Class<?> owner =
        Class.forName(getClass().getPackageName() + "." + write.substring(0, write.indexOf('.')));
    String name = write.substring(write.indexOf('.') + 1);
    List<Method> methods = methods(owner, name);
    assertFalse(methods.isEmpty(), write + " is not there");
    for (Method method : methods) assertTrue(isRefused(method), method + " stored something");
  }

  private static List<Method> methods(Class<?> owner, String name) {
    return Stream.concat(Stream.of(owner), Arrays.stream(owner.getDeclaredClasses()))
        .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
        .filter(method -> method.getName().equals(name) && !method.isSynthetic())
        .filter(method -> method.getParameterCount() > 0) // what a record tells writes nothing
        .toList();
  }

  private static boolean isRefused(Method method) throws Exception {
    method.setAccessible(true);
    Object self =
        Modifier.isStatic(method.getModifiers()) ? null : some(method.getDeclaringClass());
    List<Object> arguments = new ArrayList<>();
    for (Parameter parameter : method.getParameters())
      arguments.add(
          parameter.getType() == Tx.class ? Tx.class : some(parameter.getParameterizedType()));
    try {
      former.run(
          tx -> {
            arguments.replaceAll(argument -> argument == Tx.class ? tx : argument);
            try {
              method.invoke(self, arguments.toArray());
            } catch (InvocationTargetException e) {
              if (e.getCause() instanceof RuntimeException own) throw own;
              throw new IllegalStateException(e);
            } catch (IllegalAccessException e) {
              throw new IllegalStateException(e);
            }
          });
      return false;
    } catch (StaleLeaseException e) {
      return true;
    } catch (BlobStoreUnavailableException e) { // as a store of blobs says it
      return e.getCause() instanceof StaleLeaseException;
    }
  }

  // ------------------------------------------------------------------ whatever arguments

  private static Object some(Type type) throws Exception {
    if (type instanceof ParameterizedType generic) {
      Type[] of = generic.getActualTypeArguments();
      Class<?> raw = (Class<?>) generic.getRawType();
      if (raw == Optional.class) return Optional.empty();
      if (raw == Set.class) return Set.of(some(of[0]));
      if (raw == Map.class) return Map.of(some(of[0]), some(of[1]));
      Object each = some(of[0]);
      return List.of(each, each, each);
    }
    return some((Class<?>) type);
  }

  private static Object some(Class<?> type) throws Exception {
    if (type == long.class || type == Long.class) return 1L;
    if (type == int.class || type == Integer.class) return 1;
    if (type == boolean.class) return true;
    if (type == String.class) return "0x";
    if (type == byte[].class) return new byte[1];
    if (type == Hash.class) return HASH;
    if (type == Address.class) return ADDRESS;
    if (type == Bytes.class) return new InteroperableAddress(BigInteger.ONE, ADDRESS).encode();
    if (type == BigInteger.class) return BigInteger.ONE;
    if (type == Instant.class) return Instant.now();
    if (type == Duration.class) return LONG;
    if (type == DatabaseBlobStore.class)
      return new DatabaseBlobStore(former, cid -> Optional.empty());
    if (type == DoneUntil.Work.class) return DoneUntil.Work.COMPARE; // for it blocks wait
    if (type.isEnum()) return type.getEnumConstants()[0];
    if (type.isSealed()) return some(type.getPermittedSubclasses()[0]);
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) values[i] = some(components[i].getGenericType());
    Constructor<?> made = type.getDeclaredConstructor(types);
    made.setAccessible(true);
    return made.newInstance(values);
  }
}
