/** Import cycles between files. */

/** Finds cycles, each as the files that import one another in turn, the first one repeated at the end. None found = there is none. */
export function findCycles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const done = new Set<string>();
  const cycles: string[][] = [];
  for (const start of edges.keys()) {
    if (!done.has(start)) walk(start, edges, done, cycles);
  }
  return cycles;
}

/** Depth-first without recursion; an import of a file on the current path closes a cycle. */
function walk(
  start: string,
  edges: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
  cycles: string[][],
): void {
  const trail = [{ file: start, next: 0 }];
  const onTrail = new Set([start]);
  for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
    const target = edges.get(top.file)?.[top.next++];
    if (target === undefined) {
      done.add(top.file);
      onTrail.delete(top.file);
      trail.pop();
    } else if (onTrail.has(target)) {
      const files = trail.map(({ file }) => file);
      cycles.push([...files.slice(files.indexOf(target)), target]);
    } else if (!done.has(target)) {
      trail.push({ file: target, next: 0 });
      onTrail.add(target);
    }
  }
}
