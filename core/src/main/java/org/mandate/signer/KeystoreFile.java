package org.mandate.signer;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Set;
import org.mandate.chain.Address;

/**
 * Keys in Web3 Secret Storage version 3 files, as geth, ethers and web3j write them (scrypt or
 * PBKDF2): opened into this process's memory, and written.
 */
public final class KeystoreFile {
  private static final int FILE_LIMIT = 64 << 10;

  private KeystoreFile() {}

  /** How much work a guess of the passphrase costs. */
  public enum Cost {
    /** scrypt n 2^18: about a second and 256 MB. */
    STANDARD(1 << 18),
    /** scrypt n 2^12: milliseconds; for keys that guard nothing of value, as in a demo. */
    LIGHT(1 << 12);

    private final int n;

    Cost(int n) {
      this.n = n;
    }
  }

  /**
   * Opens a key file.
   *
   * @param expected whose key it must be: a swapped file is found here, not on chain
   * @throws KeyException if the file cannot be read, is not such a file, the passphrase is wrong,
   *     or the key is another's
   */
  public static PrivateKey open(Path file, Passphrase passphrase, Address expected) {
    PrivateKey key = open(file, passphrase);
    if (!key.address().equals(expected)) {
      throw new KeyException(
          "key file "
              + file
              + " holds the key of "
              + key.address().checksummed()
              + ", not of "
              + expected.checksummed()
              + ": put the right file there, or correct the configured address");
    }
    return key;
  }

  /** Opens a key file, whoever's it is. */
  public static PrivateKey open(Path file, Passphrase passphrase) {
    byte[] bytes = read(file);
    char[] secret = passphrase.read();
    try {
      return new PrivateKey(KeystoreJson.decrypt(bytes, secret));
    } catch (KeyException e) {
      throw new KeyException("key file " + file + " " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw new KeyException("key file " + file + " holds no valid key");
    } finally {
      Arrays.fill(secret, '\0');
    }
  }

  /**
   * Makes a new key and its file, readable by its owner only; never overwrites one.
   *
   * @throws KeyException if the file exists or cannot be written
   */
  public static PrivateKey create(Path file, Passphrase passphrase, Cost cost) {
    SecureRandom random = new SecureRandom();
    while (true) {
      BigInteger candidate = new BigInteger(256, random);
      if (candidate.signum() > 0
          && candidate.compareTo(org.web3j.crypto.Sign.CURVE_PARAMS.getN()) < 0) {
        return write(file, candidate, passphrase, cost);
      }
    }
  }

  /** Writes the file of a key that exists already; otherwise as {@link #create}. */
  public static PrivateKey write(
      Path file, BigInteger privateKey, Passphrase passphrase, Cost cost) {
    PrivateKey key = new PrivateKey(privateKey);
    char[] secret = passphrase.read();
    try {
      byte[] json = KeystoreJson.encrypt(privateKey, secret, cost.n, new SecureRandom());
      Files.createFile(file, ownerOnly());
      Files.write(file, json, StandardOpenOption.WRITE);
      return key;
    } catch (FileAlreadyExistsException e) {
      throw new KeyException("key file " + file + " exists already: choose another name");
    } catch (IOException e) {
      throw new KeyException(
          "key file " + file + " cannot be written (" + e.getClass().getSimpleName() + ")");
    } finally {
      Arrays.fill(secret, '\0');
    }
  }

  private static byte[] read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(FILE_LIMIT + 1);
      if (bytes.length > FILE_LIMIT) {
        throw new KeyException(
            "key file " + file + " is larger than " + FILE_LIMIT + " bytes: it is no key file");
      }
      return bytes;
    } catch (NoSuchFileException e) {
      throw new KeyException(
          "there is no key file " + file + ": make one with mandate keys, or correct the path");
    } catch (IOException e) {
      throw new KeyException(
          "key file " + file + " cannot be read (" + e.getClass().getSimpleName() + ")");
    }
  }

  private static FileAttribute<?>[] ownerOnly() {
    Set<String> views = FileSystems.getDefault().supportedFileAttributeViews();
    return views.contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }
}
