package org.mandate.chain;

/**
 * Is told of every request to a node, on the thread that makes it: fault injection stops a process
 * there. Of a batch each method is told once.
 */
public interface RpcSteps {
  /** Nobody is told. */
  RpcSteps NONE =
      new RpcSteps() {
        @Override
        public void before(String method) {}

        @Override
        public void after(String method) {}
      };

  /** Nothing is written to the node yet. */
  void before(String method);

  /** The node's answer is read, and nothing came of it yet; not told when there was none. */
  void after(String method);
}
