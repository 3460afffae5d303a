package org.mandate.policy;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.mandate.chain.Address;

/**
 * An immutable map from assets: one more or another value is a new map that shares all but a path
 * with the old one, so a history of n changes costs n log n whoever wrote it. A balanced (AVL) tree
 * by address, because whoever chooses the addresses also chooses their hashes.
 */
final class AssetMap extends AbstractMap<Address, AssetMandate> {
  static final AssetMap EMPTY = new AssetMap(new Leaf());

  private final Tree root;

  private sealed interface Tree {
    int height();

    int size();
  }

  private record Leaf() implements Tree {
    @Override
    public int height() {
      return 0;
    }

    @Override
    public int size() {
      return 0;
    }
  }

  private record Node(
      Tree left, Address asset, AssetMandate mandate, Tree right, int height, int size)
      implements Tree {
    private static Node of(Tree left, Address asset, AssetMandate mandate, Tree right) {
      return new Node(
          left,
          asset,
          mandate,
          right,
          Math.max(left.height(), right.height()) + 1,
          left.size() + right.size() + 1);
    }

    private Node withLeft(Tree other) {
      return of(other, asset, mandate, right);
    }

    private Node withRight(Tree other) {
      return of(left, asset, mandate, other);
    }

    private int lean() {
      return left.height() - right.height();
    }

    private Node balanced() {
      if (lean() > 1 && left instanceof Node deep) {
        return (deep.lean() < 0 ? withLeft(deep.turnedLeft()) : this).turnedRight();
      }
      if (lean() < -1 && right instanceof Node deep) {
        return (deep.lean() > 0 ? withRight(deep.turnedRight()) : this).turnedLeft();
      }
      return this;
    }

    private Node turnedRight() {
      return left instanceof Node top ? top.withRight(withLeft(top.right)) : this;
    }

    private Node turnedLeft() {
      return right instanceof Node top ? top.withLeft(withRight(top.left)) : this;
    }
  }

  private AssetMap(Tree root) {
    this.root = root;
  }

  static AssetMap of(Map<Address, AssetMandate> assets) {
    if (assets instanceof AssetMap map) {
      return map;
    }
    AssetMap all = EMPTY;
    for (var entry : assets.entrySet()) {
      all = all.with(entry.getKey(), entry.getValue());
    }
    return all;
  }

  AssetMap with(Address asset, AssetMandate mandate) {
    return new AssetMap(with(root, asset, mandate));
  }

  private static Node with(Tree tree, Address asset, AssetMandate mandate) {
    return switch (tree) {
      case Leaf leaf -> Node.of(leaf, asset, mandate, leaf);
      case Node node -> {
        int order = asset.compareTo(node.asset());
        if (order < 0) {
          yield node.withLeft(with(node.left(), asset, mandate)).balanced();
        }
        yield order > 0
            ? node.withRight(with(node.right(), asset, mandate)).balanced()
            : Node.of(node.left(), asset, mandate, node.right());
      }
    };
  }

  @Override
  public AssetMandate getOrDefault(Object asset, AssetMandate otherwise) {
    Tree tree = root;
    while (asset instanceof Address wanted && tree instanceof Node node) {
      int order = wanted.compareTo(node.asset());
      if (order == 0) {
        return node.mandate();
      }
      tree = order < 0 ? node.left() : node.right();
    }
    return otherwise;
  }

  @Override
  public AssetMandate get(Object asset) {
    return getOrDefault(asset, null); // what java.util.Map says of a key that is not there
  }

  @Override
  public boolean containsKey(Object asset) {
    return get(asset) != null;
  }

  @Override
  public Set<Entry<Address, AssetMandate>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public int size() {
        return root.size();
      }

      @Override
      public Iterator<Entry<Address, AssetMandate>> iterator() {
        return new InOrder(root);
      }
    };
  }

  private static final class InOrder implements Iterator<Entry<Address, AssetMandate>> {
    private final Deque<Node> ahead = new ArrayDeque<>();

    private InOrder(Tree root) {
      descend(root);
    }

    private void descend(Tree tree) {
      Tree at = tree;
      while (at instanceof Node node) {
        ahead.push(node);
        at = node.left();
      }
    }

    @Override
    public boolean hasNext() {
      return !ahead.isEmpty();
    }

    @Override
    public Entry<Address, AssetMandate> next() {
      if (ahead.isEmpty()) {
        throw new NoSuchElementException();
      }
      Node node = ahead.pop();
      descend(node.right());
      return Map.entry(node.asset(), node.mandate());
    }
  }
}
