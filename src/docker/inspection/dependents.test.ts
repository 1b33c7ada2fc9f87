import { describe, expect, it } from 'vitest';
import { boundTo } from '../creation/dependent-body.js';
import { dependencesAmong, proofOf, whyNotFollow } from './dependents.js';
import type { HostConfig, RunState } from './inspection.js';
import { aContainer, CONTAINER_ID } from '../testing/inspection-builders.js';

const SELF = { hostname: 'build-host' };
const OTHER_ID = 'e'.repeat(64);
const NOON = Date.parse('2026-01-01T12:00:00.000Z');
const web = aContainer();

function other(HostConfig: HostConfig = {}, networks = {}, Labels: Record<string, string> = {}) {
  return aContainer({ Id: OTHER_ID, Name: '/other', HostConfig, networks, Config: { Labels } });
}

function waysOf(dependent: ReturnType<typeof other>, on = web): string[] {
  return dependencesAmong([on, dependent]).map(({ id, on: parent, by }) => {
    expect([id, parent]).toEqual([OTHER_ID, on.Id]);
    return by;
  });
}

describe('what depends on a container', () => {
  it.each<[string, HostConfig, string]>([
    ['shares its network', { NetworkMode: `container:${CONTAINER_ID}` }, 'network'],
    ['shares its network by name', { NetworkMode: 'container:web' }, 'network'],
    ['shares its network by short id', { NetworkMode: 'container:0123456789ab' }, 'network'],
    ['shares its IPC', { IpcMode: `container:${CONTAINER_ID}` }, 'ipc'],
    ['shares its PIDs', { PidMode: `container:${CONTAINER_ID}` }, 'pid'],
    ['has its volumes', { VolumesFrom: ['web:ro'] }, 'volumes'],
    ['has its volumes by id', { VolumesFrom: [CONTAINER_ID] }, 'volumes'],
  ])('%s', (_, host, by) => {
    expect(waysOf(other(host))).toEqual([by]);
  });

  it.each([['/web:/other/backend'], ['web:backend'], [`${CONTAINER_ID}:backend`]])(
    'links to it on the default bridge: %s',
    (link) => {
      expect(waysOf(other({ Links: [link] }, { bridge: {} }))).toEqual(['link']);
    },
  );

  it('in several ways at once', () => {
    const both = other({ NetworkMode: 'container:web', PidMode: 'container:web' });
    expect(waysOf(both)).toEqual(['network', 'pid']);
  });

  it.each<[string, HostConfig, object]>([
    ['one in a namespace of another', { NetworkMode: `container:${'d'.repeat(64)}` }, {}],
    ['one with a name that begins like its', { NetworkMode: 'container:web-2' }, {}],
    ['one joined to a container whose name its id begins with', { PidMode: 'container:0123' }, {}],
    ['one that links to it on a network of its own', { Links: ['web:backend'] }, { app: {} }],
    ['one that links to another', { Links: ['/db:/other/web'] }, { bridge: {} }],
  ])('but not %s', (_, host, networks) => {
    expect(waysOf(other(host, networks))).toEqual([]);
  });
});

describe('what compose restarts', () => {
  const project = { 'com.docker.compose.project': 'shop' };
  const service = aContainer({
    Config: { Labels: { ...project, 'com.docker.compose.service': 'web' } },
  });
  const dependsOn = 'com.docker.compose.depends_on';

  it.each<[string, Record<string, string>, string[]]>([
    ['asked for', { [dependsOn]: 'web:service_started:true' }, ['depends-on']],
    [
      'asked for beside others',
      { [dependsOn]: 'db:service_healthy:false,web:service_healthy:true' },
      ['depends-on'],
    ],
    ['not asked for', { [dependsOn]: 'web:service_started:false' }, []],
    ['asked for another one', { [dependsOn]: 'web-2:service_started:true' }, []],
    [
      'a one-off container',
      { [dependsOn]: 'web:service_started:true', 'com.docker.compose.oneoff': 'True' },
      [],
    ],
    [
      'of another project',
      { [dependsOn]: 'web:service_started:true', 'com.docker.compose.project': 'other' },
      [],
    ],
  ])('%s', (_, labels, ways) => {
    expect(waysOf(other({}, {}, { ...project, ...labels }), service)).toEqual(ways);
  });

  it('but not if neither belongs to a project', () => {
    expect(waysOf(other({}, {}, { [dependsOn]: 'web:service_started:true' }))).toEqual([]);
  });
});

describe('what cannot follow', () => {
  const brought = [CONTAINER_ID];

  it.each<[string, ReturnType<typeof other>, string]>([
    ['one run with --rm', other({ AutoRemove: true }), '--rm'],
    [
      'one that is paused',
      aContainer({ Id: OTHER_ID, State: { Status: 'paused', Running: true } }),
      'paused',
    ],
    ['a Swarm task', other({}, {}, { 'com.docker.swarm.task.id': 'x' }), 'Swarm'],
    [
      'one that is bound to a container that is gone as well',
      other({ NetworkMode: 'container:web', PidMode: `container:${'d'.repeat(64)}` }),
      'which is gone',
    ],
  ])('%s', (_, dependent, why) => {
    expect(whyNotFollow(dependent, [web], brought, SELF)).toContain(why);
  });

  it('our own container', () => {
    const self = { hostname: OTHER_ID.slice(0, 12) };
    expect(whyNotFollow(other(), [web], brought, self)).toContain('Deploy itself');
  });

  it('not one that is bound to what is brought up before it, even if that does not run', () => {
    const stopped = aContainer({ State: { Running: false } });
    const dependent = other({ NetworkMode: 'container:web' });
    expect(whyNotFollow(dependent, [stopped], brought, SELF)).toBeNull();
  });
});

describe('what a dependent must prove', () => {
  const long = new Date(NOON - 60_000).toISOString();
  const short = new Date(NOON - 2_000).toISOString();

  it.each<[string, Partial<RunState>, number, string]>([
    ['was healthy', { Health: { Status: 'healthy' } }, 0, 'health'],
    ['was not healthy yet', { Health: { Status: 'starting' } }, 0, 'stays-up'],
    ['was unhealthy', { Health: { Status: 'unhealthy' } }, 0, 'stays-up'],
    ['has no check', {}, 0, 'stays-up'],
    ['was restarted long ago', { StartedAt: long }, 3, 'stays-up'],
    ['was restarted just now', { StartedAt: short }, 3, 'none'],
    ['is being restarted', { Status: 'restarting', StartedAt: long }, 3, 'none'],
  ])('one that %s', (_, State, RestartCount, proof) => {
    const dependent = aContainer({ State: { StartedAt: long, ...State } });
    expect(proofOf({ ...dependent, RestartCount }, NOON)).toBe(proof);
  });
});

describe('the body of a dependent', () => {
  const replaced = [
    {
      before: { id: CONTAINER_ID, names: ['web', 'web.deploy-old'] },
      now: { id: 'f'.repeat(64), name: 'web.deploy-new' },
    },
  ];
  const bodyOf = (host: HostConfig) =>
    boundTo({ HostConfig: { ...host, Memory: 5 } }, other(host), replaced)['HostConfig'];

  it('is bound to the new container by its id', () => {
    const mode = `container:${CONTAINER_ID}`;
    const now = `container:${'f'.repeat(64)}`;
    expect(bodyOf({ NetworkMode: mode, IpcMode: mode, PidMode: mode })).toEqual({
      NetworkMode: now,
      IpcMode: now,
      PidMode: now,
      Memory: 5,
    });
  });

  it('is linked to the new container by its current name', () => {
    const Links = ['/web.deploy-old:/other/backend', '/db:/other/db'];
    expect(bodyOf({ Links })).toMatchObject({ Links: ['web.deploy-new:backend', 'db:db'] });
  });

  it('keeps references to others', () => {
    const host = { NetworkMode: 'bridge', PidMode: 'host', IpcMode: `container:${'d'.repeat(64)}` };
    expect(bodyOf(host)).toEqual({ ...host, Memory: 5 });
  });
});
