package org.mandate.deploy;

import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mandate.contracts.AccessManager;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.AuditLog;
import org.mandate.contracts.Create3Factory;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.MandateGovernor;
import org.mandate.contracts.MandateToken;
import org.mandate.contracts.PolicyEngine;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.TestToken;
import org.mandate.contracts.TimelockController;
import org.web3j.abi.CustomErrorEncoder;
import org.web3j.abi.FunctionReturnDecoder;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.CustomError;
import org.web3j.abi.datatypes.Type;
import org.web3j.utils.Numeric;

/** Says in words why a contract refused: the name and the values of its custom error. */
public final class RevertReason {
  private static final Map<String, CustomError> BY_SELECTOR = collect();

  private RevertReason() {}

  /** The error in words; the data itself when no contract of ours declares it. */
  public static String words(String revertData) {
    if (revertData.matches("\"0x[0-9a-fA-F]*\"")) {
      return words(revertData.substring(1, revertData.length() - 1));
    }
    if (!revertData.matches("0x[0-9a-fA-F]{8,}")) {
      return revertData;
    }
    var error = BY_SELECTOR.get(revertData.substring(0, 10).toLowerCase(Locale.ROOT));
    if (error == null) {
      return revertData;
    }
    try {
      var values = new ArrayList<String>();
      for (Type<?> value : decode(revertData.substring(10), error)) {
        values.add(value.getValue() instanceof byte[] bytes ? Numeric.toHexString(bytes) : value.getValue().toString());
      }
      return error.getName() + values.toString().replace('[', '(').replace(']', ')');
    } catch (RuntimeException e) {
      return error.getName() + " " + revertData;
    }
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static List<Type> decode(String data, CustomError error) {
    return FunctionReturnDecoder.decode(data, (List<TypeReference<Type>>) (List) error.getParameters());
  }

  private static Map<String, CustomError> collect() {
    var all = new HashMap<String, CustomError>();
    for (var wrapper :
        List.of(
            AccessManager.class,
            AgentRegistry.class,
            AgentVault.class,
            AuditLog.class,
            Create3Factory.class,
            CrossChainExecutor.class,
            MandateGovernor.class,
            MandateToken.class,
            PolicyEngine.class,
            QuorumGateway.class,
            TestToken.class,
            TimelockController.class)) {
      for (var field : wrapper.getFields()) {
        if (Modifier.isStatic(field.getModifiers()) && field.getType() == CustomError.class) {
          try {
            var error = (CustomError) field.get(null);
            all.put(CustomErrorEncoder.encode(error).substring(0, 10), error);
          } catch (IllegalAccessException e) {
            throw new IllegalStateException("wrapper field " + field + " is not readable", e);
          }
        }
      }
    }
    return Map.copyOf(all);
  }
}
