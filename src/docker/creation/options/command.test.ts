import { describe, expect, it } from 'vitest';
import type { ContainerConfig } from '../../inspection/inspection.js';
import { mergedConfig } from '../../testing/engine-merge.js';
import { commandOf } from './command.js';

const IMAGE = { Entrypoint: ['/entry'], Cmd: ['serve'] };

describe('entrypoint and command', () => {
  it.each<[string, ContainerConfig, ContainerConfig | null, object]>([
    ['both of the image', IMAGE, IMAGE, {}],
    ['another command', { ...IMAGE, Cmd: ['work'] }, IMAGE, { Cmd: ['work'] }],
    [
      'another entrypoint and the command that the image has too',
      { Entrypoint: ['/own'], Cmd: ['serve'] },
      IMAGE,
      { Entrypoint: ['/own'], Cmd: ['serve'] },
    ],
    [
      'another entrypoint, no command',
      { Entrypoint: ['/own'], Cmd: null },
      IMAGE,
      { Entrypoint: ['/own'] },
    ],
    [
      'the image’s entrypoint given by the user, which takes the image’s command away',
      { Entrypoint: ['/entry'], Cmd: null },
      IMAGE,
      { Entrypoint: ['/entry'] },
    ],
    [
      'a cleared entrypoint, shown as null',
      { Entrypoint: null, Cmd: ['serve'] },
      IMAGE,
      { Entrypoint: [''], Cmd: ['serve'] },
    ],
    [
      'an empty entrypoint, the image is gone',
      { Entrypoint: [], Cmd: ['serve'] },
      null,
      { Entrypoint: [], Cmd: ['serve'] },
    ],
    [
      'an empty entrypoint, which leaves the image its command',
      { Entrypoint: [], Cmd: ['serve'] },
      IMAGE,
      { Entrypoint: [] },
    ],
    [
      'an empty entrypoint and another command',
      { Entrypoint: [], Cmd: ['work'] },
      IMAGE,
      { Entrypoint: [], Cmd: ['work'] },
    ],
    [
      'an empty entrypoint where the image has none',
      { Entrypoint: [], Cmd: ['serve'] },
      { Cmd: ['serve'] },
      { Entrypoint: [] },
    ],
    [
      'an entrypoint that is empty in the image too',
      { Entrypoint: [], Cmd: ['serve'] },
      { Entrypoint: [], Cmd: ['serve'] },
      {},
    ],
    [
      'an image without entrypoint',
      { Entrypoint: null, Cmd: ['work'] },
      { Cmd: ['serve'] },
      { Cmd: ['work'] },
    ],
    ['neither anywhere', { Entrypoint: null, Cmd: null }, {}, {}],
    ['an image that is gone', IMAGE, null, IMAGE],
    [
      'an image that is gone, and no entrypoint',
      { Entrypoint: null, Cmd: ['serve'] },
      null,
      { Entrypoint: [''], Cmd: ['serve'] },
    ],
  ])('%s', (_, container, image, expected) => {
    expect(commandOf(container, image)).toEqual(expected);
  });

  const entrypoints = [null, [''], [], ['/own'], ['/entry']];
  const commands = [null, ['serve'], ['work']];
  const images = [
    {},
    { Cmd: ['serve'] },
    { Entrypoint: ['/entry'] },
    { Entrypoint: ['/entry'], Cmd: ['serve'] },
  ];
  const nextImages = [
    {},
    { Cmd: ['serve-2'] },
    { Entrypoint: ['/entry-2'] },
    { Entrypoint: ['/entry-2'], Cmd: ['serve-2'] },
  ];
  const cases = entrypoints
    .flatMap((Entrypoint) =>
      commands.flatMap((Cmd) => images.map((image) => ({ request: { Entrypoint, Cmd }, image }))),
    )
    .filter(({ request, image }) => {
      // The engine refuses a container without anything to run.
      const { Entrypoint, Cmd } = mergedConfig(request, image);
      return [...(Entrypoint ?? []), ...(Cmd ?? [])].length > 0;
    });

  /** Ambiguous: two different requests lead to the same inspection. */
  function isAmbiguous(request: ContainerConfig, image: ContainerConfig): boolean {
    const shown = JSON.stringify(mergedConfig(request, image));
    return cases.some(
      (other) =>
        other.image === image &&
        JSON.stringify(other.request) !== JSON.stringify(request) &&
        JSON.stringify(mergedConfig(other.request, image)) === shown,
    );
  }

  it.each(cases.filter(({ request, image }) => !isAmbiguous(request, image)))(
    'request $request on image $image: is on every next image what the request itself would be',
    ({ request, image }) => {
      const sent = commandOf(mergedConfig(request, image), image);
      for (const next of nextImages) {
        const { Entrypoint, Cmd } = mergedConfig(sent, next);
        const meant = mergedConfig(request, next);
        expect({ Entrypoint: Entrypoint ?? [], Cmd: Cmd ?? [] }).toEqual({
          Entrypoint: meant.Entrypoint ?? [],
          Cmd: meant.Cmd ?? [],
        });
      }
    },
  );
});
