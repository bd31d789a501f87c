/** The resources of the DICOMweb service as a tree of path segments, each below its parent (PS3.18 Annex H). */
import { RESOURCES, type ResourceMethod } from '@sandyq/dicomweb';

/** A segment of paths, with what stands under it. */
export interface ResourceNode {
  /** One segment: `studies`, `{study}`. */
  readonly path: string;
  /** Name of the parameter, if the segment is one. */
  readonly parameter: string | undefined;
  readonly methods: readonly ResourceMethod[];
  readonly children: readonly ResourceNode[];
}

interface Branch {
  readonly methods: ResourceMethod[];
  readonly children: Map<string, Branch>;
}

/** The top of the tree: what stands directly below the root of the service. */
export function resourceTree(): ResourceNode[] {
  const root: Branch = { methods: [], children: new Map() };
  for (const { path, methods } of RESOURCES) {
    let branch = root;
    for (const segment of path.split('/').slice(1)) {
      const next = branch.children.get(segment) ?? { methods: [], children: new Map() };
      branch.children.set(segment, next);
      branch = next;
    }
    branch.methods.push(...methods);
  }
  return nodesOf(root);
}

function nodesOf({ children }: Branch): ResourceNode[] {
  return [...children].map(([path, branch]) => ({
    path,
    parameter: /^\{\+?(\w+)\}$/.exec(path)?.[1],
    methods: branch.methods,
    children: nodesOf(branch),
  }));
}
