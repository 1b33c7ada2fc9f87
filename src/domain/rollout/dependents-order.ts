import type { DependentNeed, DependsBy } from './dependents.js';

/** One container depends on another; both by id. */
export interface Dependence {
  readonly id: string;
  readonly on: string;
  readonly by: DependsBy;
}

/** A container, as needed for the order and for messages. */
export interface Dependable {
  readonly id: string;
  readonly name: string;
  readonly isRunning: boolean;
}

/** A dependent and what it needs. */
export interface OrderedDependent {
  readonly id: string;
  readonly by: readonly DependsBy[];
  readonly does: DependentNeed;
  /** Ids of the containers that must run before it is started. */
  readonly after: readonly string[];
}

export type DependentsOrder =
  | { readonly kind: 'ordered'; readonly dependents: readonly OrderedDependent[] }
  /** These containers depend on each other. */
  | { readonly kind: 'circle'; readonly names: readonly string[] };

/** A namespace or a legacy link binds to an id, so the need is passed on along the chain. */
const BINDING: readonly DependsBy[] = ['network', 'ipc', 'pid', 'link'];
const RANK: readonly DependentNeed[] = ['nothing', 'restart', 'recreate'];

/**
 * Everything that has to follow when `root` is replaced, directly or transitively: each after the containers that it
 * depends on, otherwise by name.
 */
export function dependentsInOrder(
  root: string,
  dependences: readonly Dependence[],
  containers: readonly Dependable[],
): DependentsOrder {
  const edges = dependences.filter(({ id, on }) => id !== root && id !== on);
  const reached = reachedFrom(root, edges);
  const nameOf = (id: string): string => containers.find((each) => each.id === id)?.name ?? id;
  // If two are bound to each other, neither can be started first.
  const circling = dependences.filter(
    ({ id, on, by }) => id === root && on !== root && reached.has(on) && BINDING.includes(by),
  );
  if (circling.length > 0) {
    return { kind: 'circle', names: [root, ...circling.map(({ on }) => on)].map(nameOf) };
  }
  const nodes = containers
    .filter(({ id }) => id !== root && reached.has(id))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const ordered: OrderedDependent[] = [];
  let left = nodes;
  while (left.length > 0) {
    const waiting = new Set(left.map(({ id }) => id));
    const next = left.find(({ id }) =>
      edges.every((edge) => edge.id !== id || !waiting.has(edge.on)),
    );
    if (next === undefined) return { kind: 'circle', names: left.map(({ name }) => name) };
    left = left.filter((each) => each !== next);
    const dependent = dependentOn(root, next, edges, ordered);
    if (dependent !== null) ordered.push(dependent);
  }
  return { kind: 'ordered', dependents: ordered };
}

function reachedFrom(root: string, edges: readonly Dependence[]): ReadonlySet<string> {
  const reached = new Set([root]);
  // Iterating a set also visits what is added meanwhile.
  for (const on of reached) {
    for (const edge of edges) if (edge.on === on) reached.add(edge.id);
  }
  return reached;
}

/** Null if nothing that it depends on is touched. */
function dependentOn(
  root: string,
  { id, isRunning }: Dependable,
  edges: readonly Dependence[],
  before: readonly OrderedDependent[],
): OrderedDependent | null {
  const needOf = (parent: string): DependentNeed =>
    parent === root ? 'recreate' : (before.find((each) => each.id === parent)?.does ?? 'nothing');
  const own = edges
    .filter((edge) => edge.id === id && needOf(edge.on) !== 'nothing')
    .map((edge) => ({ ...edge, need: whatItNeeds(edge, needOf(edge.on), isRunning) }));
  if (own.length === 0) return null;
  const does = own.map(({ need }) => need).reduce((one, other) => stronger(one, other));
  // If it is recreated it waits for those that it is bound to; if it is restarted, for all that it follows.
  const awaited = own.filter(({ by, need }) =>
    does === 'recreate' ? BINDING.includes(by) : need !== 'nothing',
  );
  return {
    id,
    by: [...new Set(own.map(({ by }) => by))],
    does,
    after: [...new Set(awaited.map(({ on }) => on))],
  };
}

function whatItNeeds({ by }: Dependence, parent: DependentNeed, isRunning: boolean): DependentNeed {
  if (by === 'volumes') return 'nothing';
  if (BINDING.includes(by) && parent === 'recreate') return 'recreate';
  // A stopped container gets the new state at its next start.
  return isRunning ? 'restart' : 'nothing';
}

function stronger(one: DependentNeed, other: DependentNeed): DependentNeed {
  return RANK.indexOf(one) >= RANK.indexOf(other) ? one : other;
}
