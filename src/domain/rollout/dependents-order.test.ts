import { describe, expect, it } from 'vitest';
import type { DependsBy } from './dependents.js';
import { dependentsInOrder, type Dependence } from './dependents-order.js';

/** `['a', 'network', 'web']`: a lives in the network of web. */
type Edge = readonly [string, DependsBy, string];

function orderOf(edges: readonly Edge[], stopped: readonly string[] = []): unknown {
  const names = [...new Set(edges.flatMap(([id, , on]) => [id, on]))];
  const containers = names.map((id) => ({ id, name: id, isRunning: !stopped.includes(id) }));
  const dependences = edges.map(([id, by, on]): Dependence => ({ id, by, on }));
  const order = dependentsInOrder('web', dependences, containers);
  if (order.kind === 'circle') return { circle: order.names };
  return order.dependents.map(({ id, does, after }) => `${id} ${does} after ${after.join('+')}`);
}

describe('what has to follow when a container is replaced', () => {
  it.each<readonly [string, readonly Edge[], readonly string[]]>([
    ['nothing, where nobody depends on it', [['web', 'network', 'vpn']], []],
    ['what is bound to it', [['a', 'network', 'web']], ['a recreate after web']],
    ['what compose restarts', [['a', 'depends-on', 'web']], ['a restart after web']],
    ['what has its volumes, by name only', [['a', 'volumes', 'web']], ['a nothing after ']],
    [
      'a chain, whatever the names',
      [
        ['a', 'pid', 'z'],
        ['z', 'network', 'web'],
      ],
      ['z recreate after web', 'a recreate after z'],
    ],
    [
      'what is bound to a restarted one, which keeps its id',
      [
        ['a', 'depends-on', 'web'],
        ['b', 'network', 'a'],
      ],
      ['a restart after web', 'b restart after a'],
    ],
    [
      'what compose restarts after one that is made anew',
      [
        ['a', 'network', 'web'],
        ['b', 'depends-on', 'a'],
      ],
      ['a recreate after web', 'b restart after a'],
    ],
    [
      'one that depends in several ways, by the strongest',
      [
        ['a', 'depends-on', 'web'],
        ['a', 'link', 'web'],
        ['a', 'volumes', 'web'],
      ],
      ['a recreate after web'],
    ],
    [
      'a diamond, each once',
      [
        ['a', 'network', 'web'],
        ['b', 'ipc', 'web'],
        ['c', 'network', 'a'],
        ['c', 'ipc', 'b'],
      ],
      ['a recreate after web', 'b recreate after web', 'c recreate after a+b'],
    ],
    [
      'not what only shares volumes with one that has its volumes',
      [
        ['a', 'volumes', 'web'],
        ['b', 'network', 'a'],
      ],
      ['a nothing after '],
    ],
    [
      'others than itself, although it follows one of them too',
      [
        ['a', 'network', 'web'],
        ['web', 'depends-on', 'a'],
      ],
      ['a recreate after web'],
    ],
  ])('%s', (_name, edges, expected) => {
    expect(orderOf(edges)).toEqual(expected);
  });

  it('does not restart what does not run, nor what follows only that', () => {
    const edges: Edge[] = [
      ['a', 'depends-on', 'web'],
      ['b', 'depends-on', 'a'],
    ];
    expect(orderOf(edges, ['a'])).toEqual(['a nothing after ']);
  });

  it('makes what is bound anew also where it does not run', () => {
    expect(orderOf([['a', 'network', 'web']], ['a'])).toEqual(['a recreate after web']);
  });

  it('knows circles', () => {
    const circle: Edge[] = [
      ['a', 'network', 'web'],
      ['a', 'pid', 'b'],
      ['b', 'ipc', 'a'],
    ];
    expect(orderOf(circle)).toEqual({ circle: ['a', 'b'] });
    const withItself: Edge[] = [
      ['a', 'network', 'web'],
      ['web', 'pid', 'a'],
    ];
    expect(orderOf(withItself)).toEqual({ circle: ['web', 'a'] });
  });
});
