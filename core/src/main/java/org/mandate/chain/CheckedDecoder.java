package org.mandate.chain;

import java.lang.annotation.Annotation;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.web3j.abi.DefaultFunctionReturnDecoder;
import org.web3j.abi.FunctionReturnDecoder;
import org.web3j.abi.TypeReference;
import org.web3j.abi.Utils;
import org.web3j.abi.datatypes.Array;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.StaticArray;
import org.web3j.abi.datatypes.StructType;
import org.web3j.abi.datatypes.Type;
import org.web3j.abi.datatypes.Utf8String;
import org.web3j.abi.spi.FunctionReturnDecoderProvider;

/**
 * web3j's decoder for what was looked through first: it makes room for as many elements as a length
 * says, so all that a length or an offset speaks of must be there, once, in the order in which
 * {@code abi.encode} writes it. The wrappers find it as a service, for answers and for events.
 */
@SuppressWarnings("rawtypes") // web3j's signatures
public final class CheckedDecoder extends DefaultFunctionReturnDecoder {
  private static final int WORD = 32;

  /** How web3j comes to it. */
  public static final class Provider implements FunctionReturnDecoderProvider {
    @Override
    public FunctionReturnDecoder get() {
      return new CheckedDecoder();
    }
  }

  /**
   * @throws IllegalArgumentException if the data is not of these types
   */
  @Override
  public List<Type> decodeFunctionResult(String hex, List<TypeReference<Type>> types) {
    if (hex != null && !hex.isEmpty() && !hex.equals("0x")) {
      byte[] data = Bytes.of(hex.startsWith("0x") ? hex : "0x" + hex).bytes();
      new Walk(data).tuple(types.stream().map(CheckedDecoder::shape).toList(), 0);
    }
    return super.decodeFunctionResult(hex, types);
  }

  /** What the data of a type look like. */
  private sealed interface Shape {
    record Word() implements Shape {}

    record Text() implements Shape {}

    record Tuple(List<Shape> parts) implements Shape {}

    record Many(Shape one) implements Shape {}

    default boolean isDynamic() {
      return switch (this) {
        case Word word -> false;
        case Tuple tuple -> tuple.parts.stream().anyMatch(Shape::isDynamic);
        case Text text -> true;
        case Many many -> true;
      };
    }

    /** Bytes where it stands; of what is dynamic, an offset stands there. */
    default int head() {
      return this instanceof Tuple tuple && !isDynamic()
          ? tuple.parts.stream().mapToInt(Shape::head).sum()
          : WORD;
    }
  }

  private static Shape shape(TypeReference<?> type) {
    try {
      TypeReference<?> element = type.getSubTypeReference();
      if (element != null) {
        return array(type.getClassType(), type, shape(element));
      }
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException("unknown type", e);
    }
    return type.getType() instanceof ParameterizedType array
        ? array((Class<?>) array.getRawType(), type, shape(array.getActualTypeArguments()[0]))
        : shape(type.getType());
  }

  private static Shape shape(java.lang.reflect.Type type) {
    if (!(type instanceof Class<?> one) || !Type.class.isAssignableFrom(one)) {
      throw new IllegalArgumentException("cannot look through a " + type.getTypeName());
    }
    if (StructType.class.isAssignableFrom(one)) {
      return struct(one);
    }
    if (Array.class.isAssignableFrom(one)) {
      throw new IllegalArgumentException("an array of what?");
    }
    return one == DynamicBytes.class || one == Utf8String.class
        ? new Shape.Text()
        : new Shape.Word();
  }

  private static Shape struct(Class<?> struct) {
    Constructor<?> constructor = Utils.findStructConstructor(struct);
    Annotation[][] annotations = constructor.getParameterAnnotations();
    List<Shape> parts = new ArrayList<>();
    for (int i = 0; i < constructor.getParameterCount(); i++) {
      Class<?> part = constructor.getParameterTypes()[i];
      Class<?> element = Utils.extractParameterFromAnnotation(annotations[i]);
      parts.add(element == null ? shape(part) : array(part, null, shape(element)));
    }
    if (parts.isEmpty()) {
      throw new IllegalArgumentException(struct + " has no parts");
    }
    return new Shape.Tuple(parts);
  }

  private static Shape array(Class<?> array, TypeReference<?> type, Shape element) {
    if (array == DynamicArray.class) {
      return new Shape.Many(element);
    }
    if (StaticArray.class.isAssignableFrom(array)) {
      int size =
          type instanceof TypeReference.StaticArrayTypeReference<?> sized
              ? sized.getSize()
              : Integer.parseInt(array.getSimpleName().replaceAll("\\D", ""));
      return new Shape.Tuple(Collections.nCopies(size, element));
    }
    throw new IllegalArgumentException("cannot look through a " + array.getName());
  }

  private record Walk(byte[] data) {
    /** Answers where what belongs to it ends. */
    int tuple(List<Shape> parts, int base) {
      int end = there(base, parts.stream().mapToLong(Shape::head).sum());
      int at = base;
      for (Shape part : parts) {
        if (part.isDynamic()) {
          int place = length(at);
          // Only the first types of several may be asked for.
          if (base == 0 ? place < end : place != end - base) {
            throw new IllegalArgumentException("the offset at " + at + " points elsewhere");
          }
          end = dynamic(part, there(base, place));
        }
        at += part.head();
      }
      return end;
    }

    private int dynamic(Shape shape, int at) {
      return switch (shape) {
        case Shape.Text text -> {
          int end = there(at + WORD, length(at));
          int padded = at + (end - at + WORD - 1) / WORD * WORD;
          yield Math.min(padded, data.length); // some do not pad the last
        }
        case Shape.Many(Shape one) -> {
          int count = length(at);
          there(at + WORD, (long) count * one.head());
          yield tuple(Collections.nCopies(count, one), at + WORD);
        }
        case Shape.Tuple(List<Shape> parts) -> tuple(parts, at);
        case Shape.Word word -> throw new IllegalStateException();
      };
    }

    private int length(int at) {
      BigInteger length = number(at);
      if (length.bitLength() > 31) {
        throw new IllegalArgumentException("" + length + " at " + at);
      }
      return length.intValueExact();
    }

    private BigInteger number(int at) {
      there(at, WORD);
      return new BigInteger(1, data, at, WORD);
    }

    private int there(int at, long size) {
      if (size > data.length - at) {
        throw new IllegalArgumentException(
            size + " bytes at " + at + " are not there: " + data.length + " in all");
      }
      return at + (int) size;
    }
  }
}
