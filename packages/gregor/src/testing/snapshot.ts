/** All files of a node in memory, at one moment. */
import { type MemoryDirectoryNode, newDirectoryNode, newFileNode } from '@gregor/platform'

/** What `TestKafka.snapshot` gives: for `restore`, as often as wanted, of this node alone. */
export class Snapshot {
  readonly #root: MemoryDirectoryNode

  /** @internal */
  constructor(root: MemoryDirectoryNode) {
    this.#root = copyOf(root)
  }

  /** A copy to work on. @internal */
  files(): MemoryDirectoryNode {
    return copyOf(this.#root)
  }
}

function copyOf(directory: MemoryDirectoryNode): MemoryDirectoryNode {
  const copy = newDirectoryNode()
  for (const [name, node] of directory.entries) {
    if (node.kind === 'directory') copy.entries.set(name, copyOf(node))
    else copy.entries.set(name, { ...newFileNode(node.modifiedAtMs), content: node.content.copy() })
  }
  return copy
}
