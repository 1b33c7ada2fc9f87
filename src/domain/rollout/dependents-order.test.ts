import { describe, expect, it } from 'vitest';
import type { DependsBy } from './dependents.js';
import { dependentsInOrder, type Dependence } from './dependents-order.js';

/** `['a', 'network', 'web']`: a shares the network of web. */
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
    ['nothing, if nothing depends on it', [['web', 'network', 'vpn']], []],
    ['what is bound to it', [['a', 'network', 'web']], ['a recreate after web']],
    ['what compose restarts', [['a', 'depends-on', 'web']], ['a restart after web']],
    ['what has its volumes, which needs nothing', [['a', 'volumes', 'web']], ['a nothing after ']],
    [
      'a chain, whatever the names',
      [
        ['a', 'pid', 'z'],
        ['z', 'network', 'web'],
      ],
      ['z recreate after web', 'a recreate after z'],
    ],
    [
      'what is bound to a restarted container, which keeps its id',
      [
        ['a', 'depends-on', 'web'],
        ['b', 'network', 'a'],
      ],
      ['a restart after web', 'b restart after a'],
    ],
    [
      'what compose restarts after a recreated container',
      [
        ['a', 'network', 'web'],
        ['b', 'depends-on', 'a'],
      ],
      ['a recreate after web', 'b restart after a'],
    ],
    [
      'what depends in several ways, by the strongest',
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
      'not what is bound to a container that only has its volumes',
      [
        ['a', 'volumes', 'web'],
        ['b', 'network', 'a'],
      ],
      ['a nothing after '],
    ],
    [
      'not the replaced container itself, although it depends on one of them',
      [
        ['a', 'network', 'web'],
        ['web', 'depends-on', 'a'],
      ],
      ['a recreate after web'],
    ],
  ])('%s', (_name, edges, expected) => {
    expect(orderOf(edges)).toEqual(expected);
  });

  it('does not restart a stopped container, nor what only follows that', () => {
    const edges: Edge[] = [
      ['a', 'depends-on', 'web'],
      ['b', 'depends-on', 'a'],
    ];
    expect(orderOf(edges, ['a'])).toEqual(['a nothing after ']);
  });

  it('recreates what is bound even if it is stopped', () => {
    expect(orderOf([['a', 'network', 'web']], ['a'])).toEqual(['a recreate after web']);
  });

  it('detects circles', () => {
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
