// The tree behind LossyFileSystem: every file has bytes and durable bytes, every directory names and durable names.
import { basename, dirname } from 'node:path/posix';
import { StorageError } from '../errors.ts';

/**
 * What a crash leaves of that which was not fsynced: `nothing`; the `newest-names`, of each directory only the one made
 * last (names are written out in any order); the `names` but not the bytes (a journal of metadata only); or `everything`
 * (it had just been written out). Right code survives all of them.
 */
export type Kept = 'nothing' | 'newest-names' | 'names' | 'everything';

/** Growing bytes. */
export class Content {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return;
    const end = position + bytes.length;
    this.#reserve(end);
    this.#bytes.set(bytes, position);
    this.#length = Math.max(this.#length, end);
  }

  read(into: Uint8Array, position: number): number {
    const found = this.#bytes.subarray(
      Math.min(position, this.#length),
      Math.min(position + into.length, this.#length),
    );
    into.set(found);
    return found.length;
  }

  truncate(length: number): void {
    this.#reserve(length);
    this.#bytes.fill(0, Math.min(length, this.#length));
    this.#length = length;
  }

  copy(): Content {
    const copy = new Content();
    copy.write(this.#bytes.subarray(0, this.#length), 0);
    return copy;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.max(length, this.#bytes.length * 2, 4096));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** A file; hard links are several names of one node. */
export interface FileNode {
  readonly kind: 'file';
  content: Content;
  durableContent: Content;
  modifiedAt: Date;
}

/** A directory. */
export interface DirectoryNode {
  readonly kind: 'directory';
  names: Map<string, FileNode | DirectoryNode>;
  durableNames: Map<string, FileNode | DirectoryNode>;
  modifiedAt: Date;
}

/** Names, nodes and what of them is durable. Throws `StorageError` as a file system does. */
export class LossyTree {
  readonly #root = newDirectory();

  find(path: string): FileNode | DirectoryNode | undefined {
    let node: FileNode | DirectoryNode | undefined = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      node = node?.kind === 'directory' ? node.names.get(name) : undefined;
    }
    return node;
  }

  directoryAt(path: string): DirectoryNode {
    const node = this.find(path);
    if (node?.kind !== 'directory') throw new StorageError('not-found', `${path} is no directory`);
    return node;
  }

  fileAt(path: string): FileNode {
    const node = this.find(path);
    if (node === undefined) throw new StorageError('not-found', `${path} does not exist`);
    if (node.kind !== 'file') throw new StorageError('io-error', `${path} is a directory`);
    return node;
  }

  create(path: string): FileNode {
    const file: FileNode = {
      kind: 'file',
      content: new Content(),
      durableContent: new Content(),
      modifiedAt: new Date(),
    };
    this.#add(path, file);
    return file;
  }

  mkdir(path: string): void {
    this.#add(path, newDirectory());
  }

  link(existing: string, path: string): void {
    this.#add(path, this.fileAt(existing));
  }

  rename(existing: string, path: string): void {
    this.directoryAt(dirname(path)).names.set(basename(path), this.fileAt(existing));
    this.unlink(existing);
  }

  unlink(path: string): void {
    this.fileAt(path);
    this.directoryAt(dirname(path)).names.delete(basename(path));
  }

  rmdir(path: string): void {
    if (this.directoryAt(path).names.size > 0) throw new StorageError('io-error', `${path} is not empty`);
    this.directoryAt(dirname(path)).names.delete(basename(path));
  }

  /** Makes the directories of a path, each at once durable in its parent. */
  makeDurable(path: string): void {
    if (this.find(path) !== undefined) return;
    this.makeDurable(dirname(path));
    this.mkdir(path);
    const parent = this.directoryAt(dirname(path));
    const made = parent.names.get(basename(path));
    if (made !== undefined) parent.durableNames.set(basename(path), made);
  }

  /** Forgets what was not durable, except `kept`. Afterwards what is left is what is on disk. */
  crash(kept: Kept): void {
    this.#forget(this.#root, kept, new Set());
  }

  #forget(node: FileNode | DirectoryNode, kept: Kept, seen: Set<FileNode | DirectoryNode>): void {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === 'file') {
      if (kept === 'everything') node.durableContent = node.content.copy();
      else node.content = node.durableContent.copy();
      return;
    }
    if (kept === 'nothing') node.names = new Map(node.durableNames);
    else if (kept === 'newest-names') node.names = new Map([...node.durableNames, ...newestName(node)]);
    node.durableNames = new Map(node.names);
    for (const child of node.names.values()) this.#forget(child, kept, seen);
  }

  #add(path: string, node: FileNode | DirectoryNode): void {
    const parent = this.directoryAt(dirname(path));
    if (parent.names.has(basename(path))) throw new StorageError('exists', `${path} exists`);
    parent.names.set(basename(path), node);
  }
}

/** The name made last among those that are not durable. */
function newestName({ names, durableNames }: DirectoryNode): [string, FileNode | DirectoryNode][] {
  return [...names].filter(([name, node]) => durableNames.get(name) !== node).slice(-1);
}

function newDirectory(): DirectoryNode {
  return { kind: 'directory', names: new Map(), durableNames: new Map(), modifiedAt: new Date() };
}
