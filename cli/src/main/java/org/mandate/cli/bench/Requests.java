package org.mandate.cli.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.mandate.chain.Hash;
import org.mandate.cli.local.Agent;
import org.mandate.intent.SignedIntent;

/**
 * Bodies of requests, signed before the clock runs and kept in a file: signing them on the way
 * would cost the relayer its processor, and keeping them all its memory.
 */
final class Requests implements AutoCloseable {
  private static final int AT_ONCE = 512;

  private final List<Hash> ids;
  private final DataInputStream file;

  private Requests(List<Hash> ids, DataInputStream file) {
    this.ids = ids;
    this.file = file;
  }

  /** A signed intent and its id. */
  record Signed(Hash id, SignedIntent intent) {}

  /**
   * Signs {@code many} of them into {@code file}.
   *
   * @param sign the i-th, from 0; called by several threads
   */
  static Requests sign(Path file, int many, IntFunction<Signed> sign) {
    Hash[] ids = new Hash[many];
    try (var out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      for (int start = 0; start < many; start += AT_ONCE) {
        List<byte[]> bodies =
            IntStream.range(start, Math.min(many, start + AT_ONCE))
                .parallel()
                .mapToObj(i -> body(sign.apply(i), ids, i))
                .toList();
        for (byte[] body : bodies) {
          out.writeInt(body.length);
          out.write(body);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      return new Requests(
          List.of(ids),
          new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 20)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] body(Signed signed, Hash[] ids, int i) {
    ids[i] = signed.id();
    return Agent.json(signed.intent()).getBytes(StandardCharsets.UTF_8);
  }

  List<Hash> ids() {
    return ids;
  }

  /** The next body, in order. */
  byte[] next() {
    try {
      return file.readNBytes(file.readInt());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
