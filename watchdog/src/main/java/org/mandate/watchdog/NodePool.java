package org.mandate.watchdog;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.mandate.chain.ChainClient;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.NodeException;
import org.mandate.chain.SendOutcome;

/**
 * Several nodes of one chain behind one {@link ChainClient}: the one that answered last is asked
 * first, the next one when it fails. A node of another chain is never believed.
 */
final class NodePool implements InvocationHandler {
  private final BigInteger chainId;
  private final List<ChainClient> nodes;
  private final Set<ChainClient> proven = ConcurrentHashMap.newKeySet();
  private final AtomicInteger preferred = new AtomicInteger();

  private NodePool(BigInteger chainId, List<ChainClient> nodes) {
    this.chainId = chainId;
    this.nodes = nodes;
  }

  static ChainClient of(long chainId, List<URI> urls, Duration timeout) {
    List<ChainClient> nodes =
        urls.stream().<ChainClient>map(url -> new JsonRpcClient(url, timeout)).toList();
    return (ChainClient)
        Proxy.newProxyInstance(
            NodePool.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            new NodePool(BigInteger.valueOf(chainId), nodes));
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    if (method.getDeclaringClass() == Object.class) {
      return method.invoke(this, arguments);
    }
    int first = preferred.get();
    Object answer = new NodeException("chain " + chainId + " has no nodes");
    for (int i = 0; i < nodes.size(); i++) {
      int index = (first + i) % nodes.size();
      answer = ask(nodes.get(index), method, arguments);
      if (!(answer instanceof NodeException || answer instanceof SendOutcome.Unreachable)) {
        preferred.set(index);
        return answer;
      }
    }
    if (answer instanceof NodeException failure) {
      throw failure;
    }
    return answer;
  }

  /** The node's answer, or the {@link NodeException} that stands for none. */
  private Object ask(ChainClient node, Method method, Object[] arguments) throws Throwable {
    try {
      if (!proven.contains(node)) {
        BigInteger told = node.chainId();
        if (!told.equals(chainId)) {
          return new NodeException(
              "a node for chain " + chainId + " is of chain " + told + ": correct its rpc-urls");
        }
        proven.add(node);
      }
      return method.invoke(node, arguments);
    } catch (NodeException e) {
      return e;
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof NodeException failure) {
        return failure;
      }
      throw e.getCause();
    }
  }
}
