package org.mandate.chain;

import java.util.List;
import java.util.stream.Stream;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.TypeReference;
import org.web3j.abi.Utils;
import org.web3j.abi.datatypes.Function;
import org.web3j.abi.datatypes.Type;

/**
 * Solidity's ABI for calls: {@code Abi.call(PolicyEngine.FUNC_FROZEN, new Uint256(id))}, {@code
 * Abi.decode(answer, …)}.
 */
public final class Abi {
  private Abi() {}

  /** Call data of a function. */
  @SuppressWarnings("rawtypes") // web3j's signature
  public static byte[] call(String function, Type<?>... arguments) {
    List<Type> inputs = Stream.<Type>of(arguments).toList();
    return Bytes.of(FunctionEncoder.encode(new Function(function, inputs, List.of()))).bytes();
  }

  /** Data as {@code abi.encode} makes it. */
  @SuppressWarnings("rawtypes")
  public static byte[] encode(Type<?>... values) {
    List<Type> inputs = Stream.<Type>of(values).toList();
    return Bytes.of("0x" + FunctionEncoder.encodeConstructor(inputs)).bytes();
  }

  /**
   * The values, one per type: {@code BigInteger}, {@code String} (also addresses), {@code Boolean},
   * {@code byte[]}; lists of web3j types; structs as the wrappers' classes.
   *
   * @throws IllegalArgumentException if the data is not of these types
   */
  public static List<Object> decode(byte[] data, TypeReference<?>... types) {
    List<Object> values;
    try {
      values =
          new CheckedDecoder()
              .decodeFunctionResult(Bytes.of(data).hex(), Utils.convert(List.of(types))).stream()
                  .map(Abi::valueOf)
                  .toList();
    } catch (RuntimeException e) { // web3j throws what it likes at malformed data
      throw new IllegalArgumentException(data.length + " bytes are not the expected ABI data", e);
    }
    if (values.size() != types.length) {
      throw new IllegalArgumentException(
          data.length
              + " bytes hold "
              + values.size()
              + " values of ABI data; expected "
              + types.length);
    }
    return values;
  }

  private static Object valueOf(Type<?> value) {
    return value instanceof org.web3j.abi.datatypes.StructType ? value : value.getValue();
  }
}
