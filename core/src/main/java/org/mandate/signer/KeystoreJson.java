package org.mandate.signer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.UUID;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.generators.PKCS5S2ParametersGenerator;
import org.bouncycastle.crypto.generators.SCrypt;
import org.bouncycastle.crypto.params.KeyParameter;

/** Web3 Secret Storage version 3: a private key under a passphrase, in JSON. */
final class KeystoreJson {
  /** Bytes of key that the passphrase gives: 16 encrypt, 16 authenticate. */
  private static final int DERIVED = 32;

  /** Of this process's memory, what a file may take while it is opened: half, one at a time. */
  private static final int SCRYPT_SHARE = 2;

  /** What one array can hold, in bytes. */
  private static final long ONE_ARRAY = 1L << 32;

  /** Of scrypt's table at least this part is kept: with less it takes minutes. */
  private static final int MOST_STRIDE = 16;

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final HexFormat HEX = HexFormat.of();

  private KeystoreJson() {}

  /**
   * Decrypts.
   *
   * @throws KeyException saying what is wrong, without naming the file
   */
  static BigInteger decrypt(byte[] file, char[] passphrase) {
    JsonNode crypto;
    try {
      JsonNode json = JSON.readTree(file);
      if (json == null || !json.path("version").isInt() || json.get("version").intValue() != 3) {
        throw new KeyException("is not a Web3 Secret Storage file of version 3");
      }
      crypto =
          json.has("crypto")
              ? json.get("crypto")
              : json.path("Crypto"); // both spellings are in use
    } catch (JsonProcessingException e) {
      throw new KeyException("is not JSON");
    } catch (java.io.IOException e) {
      throw new KeyException("cannot be read");
    }
    if (!"aes-128-ctr".equals(crypto.path("cipher").asText().toLowerCase(Locale.ROOT))) {
      throw new KeyException("has another cipher than aes-128-ctr");
    }
    byte[] ciphertext = hex(crypto.path("ciphertext"), "ciphertext", 32);
    byte[] mac = hex(crypto.path("mac"), "mac", 32);
    byte[] iv = hex(crypto.path("cipherparams").path("iv"), "iv", 16);
    byte[] derived = derive(crypto, passphrase);
    byte[] key = new byte[0];
    try {
      if (!MessageDigest.isEqual(mac, mac(derived, ciphertext))) {
        throw new KeyException("does not open with this passphrase");
      }
      key = aes(Cipher.DECRYPT_MODE, derived, iv, ciphertext);
      return new BigInteger(1, key);
    } finally {
      Arrays.fill(derived, (byte) 0);
      Arrays.fill(key, (byte) 0);
    }
  }

  /**
   * Encrypts with scrypt, r 8.
   *
   * @param n scrypt's cost: 2^18 as geth's standard, 2^12 for keys that guard nothing of value
   */
  static byte[] encrypt(BigInteger privateKey, char[] passphrase, int n, SecureRandom random) {
    byte[] salt = new byte[32];
    byte[] iv = new byte[16];
    random.nextBytes(salt);
    random.nextBytes(iv);
    byte[] secret = utf8(passphrase);
    byte[] derived = new byte[0];
    byte[] key = new byte[32];
    try {
      derived = SCrypt.generate(secret, salt, n, 8, 1, DERIVED);
      Words.put(privateKey, key, 0);
      byte[] ciphertext = aes(Cipher.ENCRYPT_MODE, derived, iv, key);
      ObjectNode json = JSON.createObjectNode();
      json.put("version", 3);
      json.put("id", UUID.randomUUID().toString());
      json.put("address", new PrivateKey(privateKey).address().hex().substring(2));
      ObjectNode crypto = json.putObject("crypto");
      crypto.put("cipher", "aes-128-ctr");
      crypto.putObject("cipherparams").put("iv", HEX.formatHex(iv));
      crypto.put("ciphertext", HEX.formatHex(ciphertext));
      crypto.put("kdf", "scrypt");
      crypto
          .putObject("kdfparams")
          .put("n", n)
          .put("r", 8)
          .put("p", 1)
          .put("dklen", DERIVED)
          .put("salt", HEX.formatHex(salt));
      crypto.put("mac", HEX.formatHex(mac(derived, ciphertext)));
      return JSON.writeValueAsBytes(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    } finally {
      Arrays.fill(secret, (byte) 0);
      Arrays.fill(derived, (byte) 0);
      Arrays.fill(key, (byte) 0);
    }
  }

  private static byte[] derive(JsonNode crypto, char[] passphrase) {
    JsonNode parameters = crypto.path("kdfparams");
    byte[] salt = hex(parameters.path("salt"), "salt", -1);
    // Of a longer key the first bytes are the same, and only those are used.
    if (number(parameters, "dklen") < DERIVED) {
      throw new KeyException(
          "derives "
              + parameters.path("dklen").asText()
              + " bytes of key; at least "
              + DERIVED
              + " are needed");
    }
    byte[] secret = utf8(passphrase);
    try {
      return switch (crypto.path("kdf").asText()) {
        case "scrypt" -> scrypt(secret, salt, parameters);
        case "pbkdf2" -> pbkdf2(secret, salt, parameters);
        case String other ->
            throw new KeyException("has another key derivation than scrypt or pbkdf2");
      };
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }

  /** Whatever RFC 7914 allows and this process has the memory for. */
  private static byte[] scrypt(byte[] secret, byte[] salt, JsonNode parameters) {
    long n = number(parameters, "n");
    long r = number(parameters, "r");
    long p = number(parameters, "p");
    boolean possible = n > 1 && Long.bitCount(n) == 1 && r > 0 && p > 0 && r * p < 1L << 30;
    possible &= r > 1 || n < 65536; // n is below 2^(128 r / 8)
    if (!possible) {
      throw new KeyException(
          "has scrypt parameters n %s, r %s, p %s, which RFC 7914 forbids"
              .formatted(
                  parameters.path("n").asText(),
                  parameters.path("r").asText(),
                  parameters.path("p").asText()));
    }
    long limit = Math.min(Runtime.getRuntime().maxMemory() / SCRYPT_SHARE, ONE_ARRAY);
    BigInteger table = BigInteger.valueOf(n).multiply(BigInteger.valueOf(128 * r));
    BigInteger beside = BigInteger.valueOf(128 * r * p);
    boolean fits = beside.bitLength() < 28; // bits of it, in an int, are what PBKDF2 is asked for
    int stride = 1;
    while (table.add(beside).compareTo(BigInteger.valueOf(limit)) > 0 && stride < MOST_STRIDE) {
      table = table.shiftRight(1);
      stride *= 2;
    }
    if (!fits || table.add(beside).compareTo(BigInteger.valueOf(limit)) > 0) {
      throw new KeyException(
          "needs at least %s MiB of memory to open (scrypt n %d, r %d, p %d), and this process may take %d MiB: give Java more (-Xmx), or write the file anew with less"
              .formatted(table.add(beside).shiftRight(20), n, r, p, limit >> 20));
    }
    synchronized (KeystoreJson.class) {
      return stride == 1
          ? SCrypt.generate(secret, salt, (int) n, (int) r, (int) p, DERIVED)
          : SmallScrypt.generate(secret, salt, (int) n, (int) r, (int) p, stride, DERIVED);
    }
  }

  private static byte[] pbkdf2(byte[] secret, byte[] salt, JsonNode parameters) {
    long rounds = number(parameters, "c");
    if (!"hmac-sha256".equals(parameters.path("prf").asText()) || rounds < 1) {
      throw new KeyException(
          "has PBKDF2 parameters other than hmac-sha256 with 1 to %d rounds"
              .formatted(Integer.MAX_VALUE));
    }
    PKCS5S2ParametersGenerator generator = new PKCS5S2ParametersGenerator(new SHA256Digest());
    generator.init(secret, salt, (int) rounds);
    return ((KeyParameter) generator.generateDerivedParameters(DERIVED * 8)).getKey();
  }

  /** 0 when it is none, or does not fit. */
  private static long number(JsonNode parameters, String name) {
    JsonNode value = parameters.path(name);
    return value.isIntegralNumber() && value.canConvertToInt() ? value.intValue() : 0;
  }

  private static byte[] mac(byte[] derived, byte[] ciphertext) {
    byte[] input = Arrays.copyOfRange(derived, 16, 32 + ciphertext.length);
    System.arraycopy(ciphertext, 0, input, 16, ciphertext.length);
    try {
      return org.web3j.crypto.Hash.sha3(input);
    } finally {
      Arrays.fill(input, (byte) 0);
    }
  }

  private static byte[] aes(int mode, byte[] derived, byte[] iv, byte[] input) {
    try {
      Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
      cipher.init(mode, new SecretKeySpec(derived, 0, 16, "AES"), new IvParameterSpec(iv));
      return cipher.doFinal(input);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES is missing from this JDK", e);
    }
  }

  /**
   * @param size bytes; -1: any up to 1 KiB
   */
  private static byte[] hex(JsonNode node, String name, int size) {
    try {
      String text = node.asText();
      byte[] bytes =
          text.length() <= 2048
              ? HEX.parseHex(text.startsWith("0x") ? text.substring(2) : text)
              : new byte[0];
      if (size < 0 ? bytes.length > 0 : bytes.length == size) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw new KeyException("has no sensible " + name);
  }

  private static byte[] utf8(char[] passphrase) {
    var buffer = StandardCharsets.UTF_8.encode(CharBuffer.wrap(passphrase));
    byte[] out = new byte[buffer.remaining()];
    buffer.get(out);
    Arrays.fill(buffer.array(), (byte) 0);
    return out;
  }
}
